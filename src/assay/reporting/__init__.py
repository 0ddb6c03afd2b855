"""What people see: terminal, HTML, charts, JUnit and JSON; computes nothing."""
