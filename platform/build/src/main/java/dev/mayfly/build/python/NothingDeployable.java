package dev.mayfly.build.python;

import dev.mayfly.build.source.BuildFailure;
import dev.mayfly.build.source.SourceTree;
import java.util.ArrayList;
import java.util.List;

/** Says what was looked for and what is there instead. */
record NothingDeployable(SourceTree tree, Analysis everything) {
    private static final int MOST = 10;
    private static final String LOOKED_FOR = """
            nothing deployable here
            looked for:
              app.py, index.py, server.py, main.py, wsgi.py or asgi.py at the root, in src/ or in app/, with app, application or a class handler
              api/**/*.py with the same
              a script at the root that starts its own server
              a Procfile with web:, or a program at the root: server, app, main or bootstrap, or server.js, server.rb, server.pl or server.sh
              public/ or index.html
            found:
            """;

    RuntimeException asException() {
        var elsewhere = new ArrayList<String>();
        everything.files().forEach((file, report) -> {
            if (!report.entrypoints().isEmpty()) {
                elsewhere.add(file);
            }
        });
        return BuildFailure.of(LOOKED_FOR + found(), fix(elsewhere));
    }

    private String found() {
        if (tree.paths().isEmpty()) {
            return "  no files";
        }
        var lines = new ArrayList<String>();
        for (String path : tree.paths()) {
            if (lines.size() == MOST) {
                lines.add("  and " + (tree.paths().size() - MOST) + " more");
                break;
            }
            lines.add("  " + path + remark(path));
        }
        return String.join("\n", lines);
    }

    private String remark(String path) {
        if (!path.endsWith(".py")) {
            return "";
        }
        var report = everything.file(path);
        if (report.syntaxError() != null) {
            return " (syntax error in line " + report.syntaxError().line() + ")";
        }
        return report.entrypoints().isEmpty()
                ? " (no entrypoint)"
                : " (defines " + report.entrypoints().getFirst().symbol() + ")";
    }

    private static String fix(List<String> elsewhere) {
        return elsewhere.isEmpty()
                ? "add api/hello.py with a class handler(BaseHTTPRequestHandler), or app.py with app = Flask(__name__)"
                : "name the entrypoint in mayfly.yaml:\nbuild:\n  entrypoint: " + elsewhere.getFirst();
    }
}
