"""What `classgate doctor` looks at: each check says what it found and, if that is bad, the fix."""
