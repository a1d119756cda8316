"""Voilà and JupyterLab as ``quantlive`` runs them, and the recorder's process."""
