"""What is called: an application that answers six bytes, and takes many requests at once."""

import projects
from made import Project


def hello(folder, name, idle="1h"):
    project = folder / name
    project.mkdir(parents=True)
    (project / "main.py").write_text(projects.HELLO.replace("@WHO@", name))
    (project / "mayfly.yaml").write_text(f"functions:\n  app:\n    maxInstances: 1\n    idleTimeout: {idle}\n")
    return Project(project, name, [("/", b"hello\n")])
