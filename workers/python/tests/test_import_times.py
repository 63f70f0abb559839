"""What loading is said to have imported, and that nobody notices being measured."""

import json
import unittest

from platform_double import READY, Instance

ANSWER = "\ndef app(environ, start_response):\n    start_response('200 OK', [])\n    return [text.encode()]\n"
SLOW = "import time\ntime.sleep(0.05)\n"


def loaded(before, files=(), **options):
    """A WSGI application that imports this, from a folder `deps` beside its own modules; it answers `text`."""
    files = {"api/app.py": "text = ''\n" + before + ANSWER, "deps/empty.py": "", **dict(files)}
    instance = Instance(files, "api/app.py", "app", "app", **options)
    instance.specification["deps"] = instance.code + "/deps"
    return instance


def imports(instance):
    """Those of the test itself: others may take a millisecond anywhere. Only `sleep` is sure to take as long as it says, or longer."""
    instance.ready()
    (payload,) = instance.of(READY)
    found = json.loads(payload)["imports"]
    assert found == sorted(found, key=lambda each: -each[1]), found
    return [each for each in found if each[0] in ("one", "two", "three", "heavy", "lib", "outer", "inner", "slow", "marker", "aside") or each[0].startswith("slow")]


def hold(instance):
    instance.ready()
    (payload,) = instance.of(READY)
    return [name for name in json.loads(payload)["hold"] if name.partition(".")[0] in ("one", "two", "space", "quick", "lib", "own", "broken", "mocked")]


class ImportTimesTest(unittest.TestCase):
    def test_packages_are_named_slowest_first_with_what_they_import_in_turn(self):
        files = {"deps/one.py": SLOW, "deps/two/__init__.py": SLOW, "deps/two/more.py": "import three\n" + SLOW, "deps/three.py": SLOW, "deps/quick.py": ""}
        with loaded("import quick, one\nfrom two import more", files) as instance:
            found = imports(instance)
        self.assertEqual({name for name, _ in found}, {"two", "one"})
        self.assertGreaterEqual(dict(found)["two"], 150_000)
        self.assertGreaterEqual(dict(found)["one"], 50_000)

    def test_what_the_projects_own_modules_import_is_named_apart_from_them(self):
        files = {"lib/__init__.py": "", "lib/db.py": "import heavy\n" + SLOW, "deps/heavy.py": SLOW * 10, "api/__init__.py": "import lib.db"}
        with loaded("from lib import db", files) as instance:
            found = dict(imports(instance))
        self.assertEqual(set(found), {"heavy", "lib"})
        self.assertGreaterEqual(found["heavy"], 500_000)
        self.assertGreaterEqual(found["lib"], 50_000)
        self.assertLess(found["lib"], found["heavy"])

    def test_at_most_ten_are_named(self):
        files = {"deps/slow%d.py" % each: "import time\ntime.sleep(%f)" % (0.05 + each / 200) for each in range(1, 13)}
        with loaded("import " + ", ".join("slow%d" % each for each in range(1, 13)), files) as instance:
            imports(instance)
            (payload,) = instance.of(READY)
        self.assertEqual(len(json.loads(payload)["imports"]), 10)

    def test_what_is_imported_while_an_application_starts_counts(self):
        source = "async def app(scope, receive, send):\n    import slow\n    await receive()\n    await send({'type': 'lifespan.startup.complete'})\n"
        with Instance({"app.py": source, "slow.py": SLOW}, "app.py", "app", "app") as instance:
            self.assertEqual([name for name, _ in imports(instance)], ["slow"])

    def test_what_a_script_imports_before_it_listens_counts(self):
        source = "import slow\nfrom http.server import *\nHTTPServer(('', 8080), BaseHTTPRequestHandler).serve_forever()"
        with Instance({"app.py": source, "slow.py": SLOW}, "app.py", "script", "") as instance:
            self.assertIn("slow", [name for name, _ in imports(instance)])

    def test_imports_that_fail_are_told_as_ever(self):
        before = "import traceback\ntry:\n    import outer\nexcept ImportError:\n    text = traceback.format_exc()"
        with loaded(before, {"deps/outer.py": "import inner", "deps/inner.py": SLOW + "import nonesuch"}) as instance:
            found, text = imports(instance), instance.get()[1]
        self.assertEqual([name for name, _ in found], ["outer"])
        self.assertEqual([line.split(", line")[0].rpartition("/")[2] for line in text.split("\n") if "File" in line], ['app.py"', 'outer.py"', 'inner.py"'])

    def test_lazy_modules_stay_lazy_and_a_module_may_ask_where_another_is(self):
        before = """
import importlib.util, sys
spec = importlib.util.find_spec("lazy")
spec.loader = importlib.util.LazyLoader(spec.loader)
lazy = importlib.util.module_from_spec(spec)
sys.modules["lazy"] = lazy
spec.loader.exec_module(lazy)
was = list(sys.modules).count("marker")
text = "%d %s" % (was, lazy.word)
"""
        with loaded(before, {"deps/lazy.py": "import marker\nword = 'loaded'", "deps/marker.py": SLOW}) as instance:
            self.assertIn("marker", [name for name, _ in imports(instance)])
            self.assertEqual(instance.get(), (200, "0 loaded"))

    def test_modules_that_import_each_other_and_threads_that_import_are_no_trouble(self):
        files = {"one.py": "import two\n" + SLOW, "two.py": "import one\n" + SLOW, "deps/aside.py": SLOW}
        before = "import threading\nthread = threading.Thread(target=lambda: __import__('aside'))\nthread.start()\nimport one\nthread.join()\nimport aside"
        with loaded(before, files) as instance:
            self.assertEqual({name for name, _ in imports(instance)}, {"one", "two"})

    def test_nothing_of_the_measuring_is_left_when_requests_are_served(self):
        before = "import sys\nclass Names:\n    def encode(self):\n        return repr([type(each).__name__ for each in sys.meta_path]).encode()\ntext = Names()"
        with loaded(before) as instance:
            instance.ready()
            self.assertNotIn("ImportTimes", instance.get()[1])


class WorthHoldingTest(unittest.TestCase):
    def test_whole_names_of_what_the_project_asked_for_in_their_order(self):
        files = {
            "deps/one/__init__.py": SLOW, "deps/one/more.py": SLOW * 2 + "import one.inside", "deps/one/inside.py": SLOW,
            "deps/two.py": SLOW * 3 + "import one.beside", "deps/one/beside.py": SLOW,
        }
        with loaded("from one import more\nimport two", files) as instance:
            self.assertEqual(hold(instance), ["one", "one.more", "two"])

    def test_a_package_that_is_only_a_folder_is_not_named_and_what_is_in_it_is(self):
        with loaded("import space.cloud.storage", {"deps/space/cloud/storage.py": SLOW}) as instance:
            self.assertEqual(hold(instance), ["space.cloud.storage"])

    def test_nothing_of_the_project_is_named_even_where_a_package_has_that_name(self):
        files = {"lib/__init__.py": "import one\n" + SLOW, "two.py": SLOW, "deps/two.py": SLOW, "deps/one.py": SLOW, "aside/own.py": SLOW}
        with loaded("import lib, two, os, sys\nsys.path.append(os.path.dirname(os.path.dirname(__file__)) + '/aside')\nimport own", files) as instance:
            self.assertEqual(hold(instance), ["one"])

    def test_what_fails_or_hides_what_it_is_is_left_out(self):
        files = {"deps/broken.py": SLOW + "raise ImportError", "deps/mocked.py": SLOW + "import sys\nsys.modules[__name__] = object()"}
        with loaded("try:\n    import broken\nexcept ImportError:\n    pass\nimport mocked", files) as instance:
            self.assertEqual(hold(instance), [])

    def test_of_many_the_slowest_are_named(self):
        files = {"deps/one/__init__.py": "", **{"deps/one/m%d.py" % each: "import time\ntime.sleep(0.0005)" for each in range(110)}, "deps/two.py": SLOW}
        with loaded("import two\n" + "\n".join("import one.m%d" % each for each in range(110)), files) as instance:
            found = hold(instance)
            (payload,) = instance.of(READY)
        self.assertEqual((found[0], len(json.loads(payload)["hold"])), ("two", 100))
