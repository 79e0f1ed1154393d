"""The rules that write verdicts and headlines from results."""
