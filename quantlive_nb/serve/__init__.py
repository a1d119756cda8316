"""Runs Voilà and JupyterLab for ``quantlive``, and the recorder process."""
