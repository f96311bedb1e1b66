"""The screens; each stands beside its style sheet of the same name, where it needs one."""
