"""What the builder wants to know about Python files, found without running them.

    python3 -I -S mayfly_analyze.py ROOT < request.json > answer.json

Request: `{"files": ["api/a.py"], "roots": ["api/a.py"], "deps": "/path" | null}`. For each of `files` the answer says which entrypoints it
has, whether it starts a server of its own, what it imports, and its syntax error if it has one. For `roots`, the files that will be loaded,
it names the modules that will be missing: local imports are followed, `deps` is where the declared dependencies are installed.

The files are anybody's. They are parsed in a child with limits of time and memory, so that one on which the parser itself dies costs only
its own answer.
"""

import ast
import importlib.util
import json
import os
import stat
import sys
import warnings

LARGEST_FILE = 8 * 1024 * 1024
MEMORY, CPU_SECONDS = 2 * 1024 ** 3, 20
APP_NAMES = ("app", "application")
APP_CLASSES = {"Flask", "Quart", "Sanic", "Bottle", "Dash", "FastHTML", "Klein", "Robyn", "SocketIO", "FastMCP", "Server"}
SERVING_FUNCTIONS = {"run_app", "run_simple", "start_server"}
SERVING_METHODS = SERVING_FUNCTIONS | {"serve_forever", "handle_request", "run_server"}
SERVING_MODULES = {"uvicorn", "hypercorn", "waitress", "bottle", "eventlet", "web", "socketio", "cherrypy"}
DISTRIBUTIONS = {
    "Crypto": "pycryptodome", "MySQLdb": "mysqlclient", "OpenSSL": "pyOpenSSL", "PIL": "Pillow", "attr": "attrs", "bs4": "beautifulsoup4",
    "cv2": "opencv-python", "dateutil": "python-dateutil", "discord": "discord.py", "distutils": "setuptools", "docx": "python-docx",
    "dotenv": "python-dotenv", "fitz": "PyMuPDF", "flask_cors": "Flask-Cors", "flask_sqlalchemy": "Flask-SQLAlchemy",
    "git": "GitPython", "github": "PyGithub", "google.generativeai": "google-generativeai", "googleapiclient": "google-api-python-client",
    "jose": "python-jose", "jwt": "PyJWT", "kafka": "kafka-python", "ldap": "python-ldap", "magic": "python-magic",
    "markdown": "Markdown", "multipart": "python-multipart", "mysql": "mysql-connector-python", "nacl": "PyNaCl", "pkg_resources": "setuptools",
    "pptx": "python-pptx", "psycopg2": "psycopg2-binary", "rest_framework": "djangorestframework", "serial": "pyserial", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "slugify": "python-slugify", "socketio": "python-socketio", "telegram": "python-telegram-bot", "usb": "pyusb",
    "yaml": "PyYAML", "zmq": "pyzmq",
}  # fmt: skip


def main():
    warnings.simplefilter("ignore")
    root, request = os.path.realpath(sys.argv[1]), json.load(sys.stdin)
    files = request.get("files", [])
    reports = in_child(lambda: {file: analyze(root, file) for file in files})
    if reports is None:
        reports = {file: in_child(lambda: analyze(root, file)) or unreadable("the parser gave up on this file") for file in files}
    answer = {"python": "%d.%d.%d" % sys.version_info[:3], "files": reports}
    if "roots" in request:
        answer["missing"] = in_child(lambda: Missing(root, request.get("deps")).of(request["roots"])) or []
    json.dump(answer, sys.stdout)


def in_child(work):
    """The result of `work`, or None where the child died of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            import resource

            resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            with os.fdopen(writing, "w") as out:
                json.dump(work(), out)
            os._exit(0)
        finally:
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    return json.loads(text) if status == 0 else None


def analyze(root, file):
    tree, problem = parse(root, file)
    if problem:
        return problem
    try:
        entrypoints = find_entrypoints(tree)
        return {
            "entrypoints": entrypoints,
            "serves": find_serving(tree),
            "syntaxError": None,
            "imports": [{"module": each.module, "line": each.line, "required": each.required} for each in find_imports(tree, not entrypoints)],
        }
    except RecursionError:
        return unreadable("nested too deeply")


def parse(root, file):
    """(tree, None) or (None, the report of a file that cannot be parsed)."""
    path = os.path.join(root, file)
    try:
        if not os.path.realpath(path).startswith(root + os.sep):
            return None, unreadable("outside of the project")
        if not stat.S_ISREG(os.stat(path).st_mode):
            return None, unreadable("not a regular file")
        if os.path.getsize(path) > LARGEST_FILE:
            return None, unreadable("%d bytes (expected: at most %d)" % (os.path.getsize(path), LARGEST_FILE))
        with open(path, "rb") as source:
            text = source.read()
        tree = ast.parse(text, file)
        compile(text, file, "exec", dont_inherit=True)  # finds what parsing does not: a `return` outside of a function
        return tree, None
    except SyntaxError as error:
        line = (error.text or "").rstrip("\r\n")[:500]
        return None, unreadable(error.msg, error.lineno or 0, max(error.offset or 0, 0), line)
    except (RecursionError, MemoryError):
        return None, unreadable("nested too deeply")
    except (OSError, ValueError) as error:
        return None, unreadable(getattr(error, "strerror", None) or error)


def unreadable(message, line=0, column=0, text=""):
    problem = {"line": line, "column": column, "message": str(message), "text": text.encode("utf-8", "replace").decode()}
    return {"entrypoints": [], "serves": "no", "syntaxError": problem, "imports": []}


# --- entrypoints: names bound at the top level


def find_entrypoints(tree):
    handlers, apps = [], set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.lower() == "handler":
            handlers.append(node.name)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            apps.add(node.name)
        elif isinstance(node, ast.Assign):
            apps.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
            apps.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            apps.update(alias.asname or alias.name for alias in node.names)
    found = [{"kind": "handler", "symbol": name} for name in handlers[-1:]]
    return found + [{"kind": "app", "symbol": name} for name in APP_NAMES if name in apps]


# --- servers: calls that start one, and from where they are reached


def find_serving(tree):
    definitions = {
        node.name: node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    }
    applications = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and last_name(node.value.func) in APP_CLASSES
        for target in node.targets
        if isinstance(target, ast.Name)
    } | set(APP_NAMES)
    imports = find_imports(tree, True)
    modules = {each.module.split(".")[0] for each in imports}
    known = {name for each in imports if each.module.split(".")[0] in SERVING_MODULES for name in each.names}
    known |= SERVING_FUNCTIONS - set(definitions)
    listening = {"listen"} if modules & {"socket", "tornado"} else set()
    unguarded, guarded = split_at_guard(tree.body)

    def serves(statements):
        pending, seen = list(statements), set()
        while pending:
            node = pending.pop()
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                pending.extend(node.decorator_list)
                continue
            if isinstance(node, ast.Attribute) and node.attr == "serve_forever":
                return True  # also where it is handed to a thread
            if isinstance(node, ast.Call) and starts_server(node.func, applications, known, SERVING_METHODS | listening):
                return True
            if isinstance(node, ast.Name) and node.id in definitions and node.id not in seen:
                seen.add(node.id)
                pending.extend(inside(definitions[node.id]))
            pending.extend(ast.iter_child_nodes(node))
        return False

    return "unguarded" if serves(unguarded) else "guarded" if serves(guarded) else "no"


def inside(definition):
    """The statements of a function, or of all methods of a class, and of what they define."""
    pending, found = list(definition.body), []
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            pending.extend(node.body)
        else:
            found.append(node)
    return found


def split_at_guard(body):
    """(what an import runs, what only `python FILE` runs)."""
    always, guarded = [], []
    for node in body:
        if isinstance(node, ast.If) and is_guard(node.test):
            guarded.extend(node.body)
            always.extend(node.orelse)
        else:
            always.append(node)
    return always, guarded


def is_guard(test):
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    texts = {node.value for node in ast.walk(test) if isinstance(node, ast.Constant)}
    return "__name__" in names and "__main__" in texts


def starts_server(function, applications, functions, methods):
    name = last_name(function)
    if isinstance(function, ast.Name):
        return name in functions and name in SERVING_FUNCTIONS | {"run", "serve"}
    if not isinstance(function, ast.Attribute):
        return False
    owner = last_name(function.value.func if isinstance(function.value, ast.Call) else function.value)
    return name in methods or (name in ("run", "serve") and (owner in applications or owner in SERVING_MODULES or owner in APP_CLASSES))


def last_name(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


# --- imports


class Import:
    def __init__(self, module, names, level, line, required):
        self.module = module  # dotted, as written; relative ones with their dots
        self.names = names
        self.level = level
        self.line = line
        self.required = required


def find_imports(tree, guard_runs):
    """Required is what loading the file certainly runs into: not in a function, not in a branch, not where its absence is caught."""
    found, pending = [], [(node, True) for node in reversed(tree.body)]
    while pending:
        node, required = pending.pop()
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, (), 0, node.lineno, required) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found.append(Import(module, [alias.name for alias in node.names], node.level, node.lineno, required))
        elif isinstance(node, ast.If) and is_guard(node.test):
            pending.extend((child, required and guard_runs) for child in reversed(node.body))
            pending.extend((child, required) for child in reversed(node.orelse))
        elif isinstance(node, (ast.ClassDef, ast.With)):
            kept = required and not (isinstance(node, ast.With) and "suppress" in {last_name(each) for each in ast.walk(node)})
            pending.extend((child, kept) for child in reversed(node.body))
        elif isinstance(node, ast.Try) and not any(forgives(handler.type) for handler in node.handlers):
            pending.extend((child, required) for child in reversed(node.body + node.orelse + node.finalbody))
            pending.extend((child, False) for handler in node.handlers for child in handler.body)
        else:
            pending.extend((child, False) for child in reversed(list(ast.iter_child_nodes(node))))
    return sorted(found, key=lambda each: each.line)


def forgives(caught):
    forgiving = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
    return caught is None or any(last_name(node) in forgiving for node in ast.walk(caught))


class Missing:
    """Follows the imports of what will be loaded through the project, to modules that nothing provides."""

    def __init__(self, root, deps):
        self.root = root
        self.deps = {name.split(".")[0] for name in os.listdir(deps)} if deps and os.path.isdir(deps) else set()

    def of(self, roots):
        missing, pending, seen = {}, list(reversed(roots)), set()
        while pending:
            file = pending.pop()
            if file in seen:
                continue
            seen.add(file)
            tree, problem = parse(self.root, file)
            if problem:
                continue
            script = not find_entrypoints(tree)
            # A script finds its neighbours, as Python has it; a function is loaded from the project's root.
            places = ["", os.path.dirname(file)] if script and file in roots else [""]
            for each in find_imports(tree, script and file in roots):
                if each.required:
                    local = self.local(each, file, places)
                    pending.extend(local or ())
                    top = each.module.split(".")[0]
                    if local is None and not self.provided(top):
                        name = DISTRIBUTIONS.get(top, top)
                        missing.setdefault(top, {"module": top, "distribution": name, "file": file, "line": each.line})
        return list(missing.values())

    def provided(self, top):
        return top in getattr(sys, "stdlib_module_names", ()) or top in self.deps or importlib.util.find_spec(top) is not None

    def local(self, each, file, places):
        """The project's files that an import loads; None where it is not the project's."""
        if each.level:
            base = file
            for _ in range(each.level):
                base = os.path.dirname(base)
            places = [base]
        parts = [part for part in each.module.lstrip(".").split(".") if part]
        for place in places:
            if not parts or self.exists(os.path.join(place, parts[0])):
                paths = [os.path.join(place, *parts[:end]) for end in range(len(parts) + 1)]
                paths += [os.path.join(paths[-1], name) for name in each.names]
                candidates = [name for path in paths for name in (path + ".py", os.path.join(path, "__init__.py"))]
                return [name for name in candidates if os.path.isfile(os.path.join(self.root, name))]
        return [] if each.level else None

    def exists(self, path):
        path = os.path.join(self.root, path)
        return os.path.isfile(path + ".py") or os.path.isdir(path)


if __name__ == "__main__":
    main()
