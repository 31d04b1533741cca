"""The mark `long`, for all kinds of tests."""


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes more than some ten seconds")
