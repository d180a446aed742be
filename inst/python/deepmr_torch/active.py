"""Which dropout calls a choice makes active in a network, and at which rates."""

from .locked import LockedModel


def active_sites(model, spec):
    """The active calls of one forward pass, as equally long lists `name`, `kind`, `rate` in the order of the calls;
    those of an ensemble's members one after the other, told apart by `member`, from 1."""
    found = no_sites()
    for number, member in enumerate(model.members, 1):
        with LockedModel(member, spec, 1, range(len(model.outputs))) as locked:
            add_sites(found, number, locked)
    return found


def no_sites():
    return {"member": [], "name": [], "kind": [], "rate": []}


def add_sites(found, number, locked):
    """Adds the active calls of an opened LockedModel, which is member `number`."""
    for site, rate in zip(locked.plan.sites, locked.plan.rates):
        if rate > 0:
            for key, value in zip(found, (number, site.name, site.kind, rate)):
                found[key].append(value)
