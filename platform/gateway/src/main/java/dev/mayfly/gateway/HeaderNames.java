package dev.mayfly.gateway;

import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;

/** A set of header names that knows them in any case without making a copy in lower case: it is asked about every header of every request. */
final class HeaderNames {
    private final List<List<String>> byLength = new ArrayList<>();

    HeaderNames(String... names) {
        for (var name : names) {
            while (byLength.size() <= name.length()) {
                byLength.add(new ArrayList<>(2));
            }
            byLength.get(name.length()).add(name);
        }
    }

    boolean contains(String name) {
        if (name.length() >= byLength.size()) {
            return false;
        }
        var candidates = byLength.get(name.length());
        for (int i = 0; i < candidates.size(); i++) {
            if (AsciiString.contentEqualsIgnoreCase(candidates.get(i), name)) {
                return true;
            }
        }
        return false;
    }
}
