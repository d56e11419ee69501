"""How django-allauth is tied to the house: what it asks, what it must not do, what it tells the log."""
