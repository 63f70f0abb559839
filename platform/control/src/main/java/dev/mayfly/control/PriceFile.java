package dev.mayfly.control;

import dev.mayfly.model.ErrorCode;
import dev.mayfly.model.Problem;
import dev.mayfly.model.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Where prices come from: {@code prices.yaml} in the server's home, or the list that ships with the server. Read for each question, so that an
 * edit counts at once.
 */
public record PriceFile(Path file) {

    Prices read() {
        var mapper = YAMLMapper.builder()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                .build();
        boolean own = Files.exists(file);
        try (var in = own ? Files.newInputStream(file) : shipped()) {
            return mapper.readValue(in, Prices.class);
        } catch (JacksonException | IOException e) {
            var message = file + ": " + e.getMessage();
            throw new ProblemException(
                    new Problem(ErrorCode.INTERNAL, message, "write currency, cpuHour, gbHour and millionInvocations"),
                    e);
        }
    }

    private static InputStream shipped() {
        return Objects.requireNonNull(PriceFile.class.getResourceAsStream("prices.yaml"), "prices.yaml is in the jar");
    }
}
