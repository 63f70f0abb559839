package dev.mayfly.build.config;

import dev.mayfly.build.source.BuildFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/** Reads YAML and JSON into nodes that know their lines. */
final class NodeReader {
    private static final Pattern EXPECTED = Pattern.compile("^(expected|found|could not) |, but (found|got) ");

    private final String file;

    NodeReader(String file) {
        this.file = file;
    }

    Node.Mapping yaml(String text) {
        return read(new YAMLFactory(), text);
    }

    Node.Mapping json(String text) {
        return read(new JsonFactory(), text);
    }

    private Node.Mapping read(TokenStreamFactory format, String text) {
        try (var parser = format.createParser(ObjectReadContext.empty(), text)) {
            var first = parser.nextToken();
            if (first == null || first == JsonToken.VALUE_NULL) {
                return new Node.Mapping(Map.of(), 1);
            }
            if (!(node(parser, first) instanceof Node.Mapping root)) {
                throw fault(1, "is not a mapping of keys to values", "start it with a key such as functions:");
            }
            if (parser.nextToken() != null) {
                throw fault(line(parser), "has something after its end", "keep one document in the file");
            }
            return root;
        } catch (JacksonException e) {
            var location = e.getLocation();
            throw fault(location == null ? 1 : Math.max(1, location.getLineNr()), reason(e), "correct the line");
        }
    }

    /** YAML's message is what was being read, where that began and what is wrong; only the last is of use beside the line. */
    private static String reason(JacksonException e) {
        var lines = e.getOriginalMessage()
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
        var wrong = lines.stream().filter(line -> EXPECTED.matcher(line).find()).findFirst();
        return wrong.or(() -> lines.stream().findFirst())
                .orElse("cannot be read")
                .replace("'<stream end>'", "the end of the file");
    }

    private Node node(JsonParser parser, JsonToken token) {
        if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
            throw fault(line(parser), "uses an alias (*name)", "write the value out");
        }
        int line = line(parser);
        return switch (token) {
            case START_OBJECT -> mapping(parser, line);
            case START_ARRAY -> items(parser, line);
            case VALUE_NULL -> new Node.Scalar("", true, line);
            default -> new Node.Scalar(parser.getString(), false, line);
        };
    }

    private Node mapping(JsonParser parser, int line) {
        var entries = new LinkedHashMap<String, Node.Entry>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            var key = parser.currentName();
            int keyLine = line(parser);
            var entry = new Node.Entry(keyLine, node(parser, parser.nextToken()));
            if (entries.put(key, entry) != null) {
                throw fault(keyLine, "sets " + key + " twice", "keep one of the two");
            }
        }
        return new Node.Mapping(entries, line);
    }

    private Node items(JsonParser parser, int line) {
        var nodes = new ArrayList<Node>();
        for (var token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            nodes.add(node(parser, token));
        }
        return new Node.Items(nodes, line);
    }

    private RuntimeException fault(int line, String what, String fix) {
        return BuildFailure.of(file + ":" + line + " " + what, fix);
    }

    private static int line(JsonParser parser) {
        return Math.max(1, parser.currentTokenLocation().getLineNr());
    }
}
