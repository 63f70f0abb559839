"""The process as the function's code expects to find it: environment, time zone, folder, and where modules come from."""

import builtins
import os
import sys
import time


USUAL = {"TZ": "UTC", "LANG": "C.UTF-8"}


def prepare():
    """What is so for most functions, or for all, while there is time: `apply` then changes what differs."""
    _set_variables({**os.environ, **USUAL})
    time.tzset()
    _add_site_builtins()


def apply(specification, path_files=True):
    """path_files: whether what the dependencies bring of them is still to be read."""
    zone = os.environ.get("TZ")
    _set_variables(specification.get("env", {}))
    if specification.get("tmp", "/tmp") != "/tmp":
        os.environ.setdefault("TMPDIR", specification["tmp"])
    if zone is None or os.environ.get("TZ") != zone:
        time.tzset()
    if "pids" in specification:
        _limit_processes(specification["pids"])
    code, deps = specification["code"], specification.get("deps")
    os.chdir(code)
    sys.dont_write_bytecode = True
    sys.path[:0] = [code, deps] if deps else [code]
    if deps and path_files:
        add_path_files(deps)
    if not hasattr(builtins, "exit"):
        _add_site_builtins()
    sys.argv = [os.path.join(code, specification["entrypoint"]["file"])]


def _set_variables(wanted):
    """Only what differs, which is little: most are there from the start."""
    for name in list(os.environ):
        if name not in wanted:
            del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _limit_processes(count):
    """Of this user, so the init counts as one. What a sandbox that was made for nobody yet could not know."""
    import resource

    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    limit = count + 1 if most == resource.RLIM_INFINITY else min(count + 1, most)
    resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit))


def add_path_files(deps):
    """A distribution may bring a .pth file (namespace packages, editable installs); `site` is only imported for one."""
    if any(name.endswith(".pth") for name in os.listdir(deps)):
        import site

        site.addsitedir(deps, {deps})


def _add_site_builtins():
    """`exit()`, `quit()` and `help()`, which Python would have from the `site` module that isolated mode leaves out."""
    import _sitebuiltins

    builtins.quit = _sitebuiltins.Quitter("quit", "Ctrl-D (i.e. EOF)")
    builtins.exit = _sitebuiltins.Quitter("exit", "Ctrl-D (i.e. EOF)")
    builtins.help = _sitebuiltins._Helper()
