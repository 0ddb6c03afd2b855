"""Contract suites that every plug-in must pass, public so that plug-in authors run them too."""
