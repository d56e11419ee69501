"""File names that are written inside of files."""


def leads_outside(name: str) -> bool:
    """Whether joining `name` to a folder would lead out of the folder, on any system."""
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\", "~")) or ".." in parts or "\0" in name or (len(name) > 1 and name[1] == ":")
