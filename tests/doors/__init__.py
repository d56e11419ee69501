"""A walk over every address of every protocol, as everybody who might knock.

A new address fails `test_no_door_is_unlisted` until somebody says in `pages.py`, `rest.py`, `mlflow_rest.py` or
`admin_pages.py` what one needs there.
"""
