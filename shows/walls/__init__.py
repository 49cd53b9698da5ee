"""What a bot refuses and what strangers cost it: as a program, under gunicorn, behind nginx."""
