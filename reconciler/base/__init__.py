"""What everything else may use: time, numbers in words, and text that is safe to show; imports nothing of ours."""
