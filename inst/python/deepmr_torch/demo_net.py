"""The network of the bundled demo model."""

from torch import nn


class DemoNet(nn.Module):
    """A small convolutional network with dropout after each block.

    Input: one-hot DNA (N, 4, 500), float, rows in the order ACGT.
    Output: probabilities (N, 5) in the order Dref, Trl, M1BP, da, accessibility.

    `features` gives (N, 32, L / 20), `pool` averages the 25 cells of a 500-bp window (a
    motif counts alike wherever it lies), `head` gives the probabilities.
    """

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(4, 24, 15, padding=7),
            nn.MaxPool1d(5),  # before the ReLU: the same values, a fifth of the work
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv1d(24, 32, 7, padding=3),
            nn.MaxPool1d(4),
            nn.ReLU(),
            nn.Dropout(0.1),
        )
        self.pool = nn.AvgPool1d(25)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(32, 32),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(32, 5),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.head(self.pool(self.features(x)))
