"""Started as `python3 -I -S .../mayfly_worker/__main__.py [zygote]`. Kept tiny: unlike the modules it imports, it is compiled at every start."""

import sys

PACKAGE = __file__.rpartition("/")[0] or "."
sys.path.insert(0, PACKAGE + "/..")
if sys.argv[1:] == ["zygote"]:
    from mayfly_worker.zygote import main
else:
    from mayfly_worker.boot import main
sys.path[:] = [place for place in sys.path if place not in (PACKAGE, PACKAGE + "/..")]
main()
