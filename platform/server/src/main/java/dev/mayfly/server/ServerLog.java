package dev.mayfly.server;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.LoggerFactory;

/** The server's own log: a file, written by a thread of its own and rolled by size. Set up in code: looking for a file costs a tenth of a second. */
final class ServerLog implements AutoCloseable {
    private static final long ROLL_BYTES = 10L * 1024 * 1024;
    private static final int KEPT = 3;

    private final LoggerContext context;

    private ServerLog(LoggerContext context) {
        this.context = context;
    }

    static ServerLog to(Path file) {
        var context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        var layout = new PatternLayoutEncoder();
        layout.setContext(context);
        layout.setPattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{0} %msg%n%ex{12}%nopex");
        layout.start();
        var rolling = new OwnersFile();
        rolling.setContext(context);
        rolling.setFile(file.toString());
        rolling.setEncoder(layout);
        var window = new FixedWindowRollingPolicy();
        window.setContext(context);
        window.setParent(rolling);
        window.setFileNamePattern(file + ".%i");
        window.setMinIndex(1);
        window.setMaxIndex(KEPT);
        window.start();
        var size = new SizeBasedTriggeringPolicy<ILoggingEvent>();
        size.setContext(context);
        size.setMaxFileSize(new FileSize(ROLL_BYTES));
        size.start();
        rolling.setRollingPolicy(window);
        rolling.setTriggeringPolicy(size);
        rolling.start();
        var async = new AsyncAppender();
        async.setContext(context);
        async.setNeverBlock(true);
        async.addAppender(rolling);
        async.start();
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        root.addAppender(async);
        quiet(context);
        return new ServerLog(context);
    }

    /** What libraries say of what clients and functions send is no news of the server. */
    static void quiet(LoggerContext context) {
        context.getLogger("io.netty").setLevel(Level.WARN);
        context.getLogger("io.vertx").setLevel(Level.WARN);
        context.getLogger("io.vertx.core.net.impl.ConnectionBase").setLevel(Level.OFF);
        context.getLogger("org.flywaydb").setLevel(Level.WARN);
    }

    @Override
    public void close() {
        context.stop();
    }

    /** Others may pass through the home, and what the server says is not for them. */
    private static final class OwnersFile extends RollingFileAppender<ILoggingEvent> {
        @Override
        public void openFile(String name) throws IOException {
            super.openFile(name);
            Files.setPosixFilePermissions(Path.of(name), PosixFilePermissions.fromString("rw-------"));
        }
    }
}
