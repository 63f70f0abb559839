package dev.mayfly.e2e;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The page for a first class. */
class LearnTest {
    @Test
    void every_command_of_the_page_does_what_the_page_says() throws IOException {
        Page.check("learn.md", 11);
    }
}
