"""The command line: flag definitions and one small module a console command. Nothing else reads flags."""
