import logging

logging.getLogger(__name__).addHandler(logging.NullHandler())  # quiet unless somebody listens
