"""Values inside the tuples, lists and dicts that operations take and return. torch's own pytree takes
longer than most operations of a small network."""


def nested_map(function, tree):
    """`tree` with function(value) for each value in it."""
    if isinstance(tree, (list, tuple)):
        return type(tree)([nested_map(function, part) for part in tree])
    if isinstance(tree, dict):
        return {name: nested_map(function, part) for name, part in tree.items()}
    return function(tree)


def leaves(tree, kind):
    """The values in `tree` of that type, in order."""
    if isinstance(tree, (list, tuple)):
        return [leaf for part in tree for leaf in leaves(part, kind)]
    if isinstance(tree, dict):
        return [leaf for part in tree.values() for leaf in leaves(part, kind)]
    return [tree] if isinstance(tree, kind) else []
