"""The network of the bundled demo model."""

from torch import nn


class DemoNet(nn.Module):
    """A small convolutional network with dropout after each block.

    Input: one-hot DNA (N, 4, 500), float, rows in the order ACGT.
    Output: probabilities (N, 5) in the order Dref, Trl, M1BP, da, accessibility.
    """

    def __init__(self, filters=16, channels=32, hidden=32, outputs=5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(4, filters, 15, padding=7),
            nn.MaxPool1d(5),  # before the ReLU: the same values on a fifth of the cells
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv1d(filters, channels, 7, padding=3),
            nn.MaxPool1d(4),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.AvgPool1d(25),  # a motif counts alike wherever it lies
        )
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels, hidden),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(hidden, outputs),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.head(self.features(x))
