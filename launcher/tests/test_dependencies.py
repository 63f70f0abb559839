"""Dependencies that are held ready: a function that is a copy finds what it would find in a process of its own, or says why it cannot be one."""

import json

import pythons
from dependencies_case import DependenciesCase, application
from mayfly_launcher import READY


class WhatIsImportedInACopy(DependenciesCase):
    def test_what_is_held_is_what_the_function_gets(self):
        for python in pythons.found():
            with self.subTest(python=python.version):
                holder = self.holder({"slow.py": "import os\nloaded_in = os.getpid()"}, ["slow"], python=python)
                self.assertEqual(self.answer(holder, "import os, slow\n(slow.loaded_in, os.getpid(), os.getcwd())"), "(3, 4, '/var/task')")

    def test_a_module_of_the_project_is_not_hidden_by_one_that_is_held(self):
        deps = {"utils.py": "whose = 'theirs'", "heavy/__init__.py": "import utils, heavy.more", "heavy/more.py": ""}
        for file in ("utils.py", "utils/__init__.py", "utils.abi3.so", "heavy.py"):
            with self.subTest(file):
                holder = self.holder(deps, ["heavy"])
                told = self.refused(holder, {"hello.py": application("", "1"), file: "whose = 'ours'"})
                self.assertEqual(told, "the project's %s has the name of a module that its dependencies import" % file.partition("/")[0])

    def test_what_only_looks_like_a_module_hides_nothing(self):
        holder = self.holder({"utils.py": "whose = 'theirs'"}, ["utils"])
        files = {"hello.py": application("import utils", "utils.whose"), "utils/data.txt": "", "utils.txt": "", "utils.egg-info/x": "", "lib/utils.py": ""}
        self.assertEqual(self.asked(self.serving(holder, files)), "theirs")

    def test_folders_that_make_up_one_package_are_found_together(self):
        holder = self.holder({"shared/one.py": ""}, ["shared.one"])
        self.assertIn("the project's shared has", self.refused(holder, {"hello.py": application("import shared.two", "1"), "shared/two.py": ""}))

    def test_a_module_that_was_looked_for_in_vain_may_be_the_projects(self):
        deps = {"slow.py": "try:\n    import settings\nexcept ImportError:\n    settings = None"}
        holder = self.holder(deps, ["slow"], seats=3)
        self.assertIn("the project's settings.py has", self.refused(holder, {"hello.py": application("", "1"), "settings.py": ""}))
        self.assertIn("the project's settings has", self.refused(holder, {"hello.py": application("", "1"), "settings/x.py": ""}))
        self.assertEqual(self.answer(holder, "import slow\nslow.settings"), "None")

    def test_a_script_imports_first_from_its_own_folder(self):
        holder = self.holder({"utils.py": ""}, ["utils"], seats=1)
        self.assertIn("api/utils.py", self.refused(holder, {"api/hello.py": "import utils", "api/utils.py": ""}, file="api/hello.py", kind="script"))

    def test_modules_of_the_standard_library_that_came_with_it_count_as_well(self):
        holder = self.holder({"slow.py": "import colorsys"}, ["slow"], seats=1)
        self.assertIn("the project's colorsys.py has", self.refused(holder, {"hello.py": application("", "1"), "colorsys.py": ""}))

    def test_variables_that_were_looked_up_are_named(self):
        deps = {
            "slow.py": "import os\nos.getenv('ONE'), os.environ.get('TWO'), 'THREE' in os.environ, os.environb.get(b'FOUR')\n"
            "try:\n    os.environ['FIVE']\nexcept KeyError:\n    pass\nos.environ.setdefault('SIX', '6')\nos.environ['SEVEN'] = '7'"
        }
        holder = self.holder(deps, ["slow"])
        (said,) = holder.frames(READY, holder.worker)
        self.assertEqual(json.loads(said), {"mode": "zygote", "variables": ["FIVE", "FOUR", "ONE", "SIX", "THREE", "TWO"]})

    def test_who_looks_through_all_variables_may_have_looked_for_any(self):
        for looks in ("dict(os.environ)", "os.environ.copy()", "[name for name in os.environ]", "os.environ.items().__iter__().__next__()"):
            with self.subTest(looks):
                holder = self.holder({"slow.py": "import os\n" + looks}, ["slow"], seats=0)
                self.assertEqual(json.loads(holder.frames(READY, holder.worker)[0])["variables"], ["*"])

    def test_variables_that_a_library_sets_are_set_in_each_function(self):
        holder = self.holder({"slow.py": "import os\nos.environ['SEVEN'] = '7'\ndel os.environ['TZ']"}, ["slow"])
        script = "import os, slow\n(os.environ.get('SEVEN'), os.environ.get('TZ'), os.environ.get('OWN'), type(os.environ).__qualname__)"
        self.assertEqual(self.answer(holder, script, env={"SEVEN": "8", "TZ": "UTC", "OWN": "x"}), "('7', None, 'x', '_Environ')")


class WhatIsWrittenInACopy(DependenciesCase):
    def test_what_was_given_the_streams_at_import_writes_for_the_request_that_runs(self):
        deps = {
            "logger.py": "import sys, logging\nheld = sys.stderr\nlogging.basicConfig(level=logging.DEBUG, format='%(levelname)s %(message)s')\n"
            "print('while it is imported', end='')"
        }
        holder = self.holder(deps, ["logger"])
        script = "import logger, logging\n(logger.held.write('half'), logging.debug('recorded'), print('printed'))"
        for invocation in (7, 8):
            seat = self.serving(holder, application(*script.rsplit("\n", 1)))
            self.asked(seat, invocation)
            said = [(int.from_bytes(each[:8], "big"), each[8], each[18:]) for each in seat.frames(0x15, seat.worker)]
            self.assertEqual(said, [(invocation, 2, b"halfDEBUG recorded"), (invocation, 1, b"printed")])
        self.assertEqual([each[18:] for each in holder.frames(0x15, holder.worker)], [b"while it is imported"])

    def test_logging_that_nobody_configures_is_the_platforms(self):
        holder = self.holder({"slow.py": "import logging\nlog = logging.getLogger('slow')"}, ["slow"])
        seat = self.serving(holder, application("import slow", "slow.log.info('recorded')"))
        self.asked(seat)
        self.assertEqual([(each[7], each[8], each[9], each[18:]) for each in seat.frames(0x15, seat.worker)], [(7, 3, 20, b"recorded")])

    def test_threads_and_forks_of_a_function_are_told_apart(self):
        holder = self.holder({"slow.py": ""}, ["slow"])
        code = application(
            "import os, threading\ndef work():\n    thread = threading.Thread(target=print, args=('in a thread',))\n    thread.start()\n    thread.join()\n"
            "    child = os.fork()\n    if child == 0:\n        print('of a child')\n        os._exit(0)\n    os.waitpid(child, 0)",
            "work()",
        )
        seat = self.serving(holder, code)
        self.asked(seat)
        self.assertEqual([(each[7], each[18:]) for each in seat.frames(0x15, seat.worker)], [(7, b"in a thread")])
        seat.until(lambda: b"of a child" in seat.lines(1), "the child's line")
