package org.gradmq.support;

import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;

/** Runs the tests of a package and prints a line for each. */
public final class Suite implements TestExecutionListener {
    private static final Map<String, String> CONFIGURATION =
            Map.of(
                    "junit.jupiter.execution.parallel.enabled", "true",
                    "junit.jupiter.execution.parallel.mode.default", "concurrent",
                    "junit.jupiter.execution.parallel.config.strategy", "fixed",
                    "junit.jupiter.execution.parallel.config.fixed.parallelism", "4",
                    "junit.jupiter.execution.timeout.default", "150 s");

    private final boolean snake;
    private int failed;

    private Suite(boolean snake) {
        this.snake = snake;
    }

    /**
     * Runs the tests of a package.
     *
     * @param arguments the package, and perhaps the name of one method
     */
    public static void main(String[] arguments) {
        Suite suite = new Suite(arguments[0].endsWith("behaviour"));
        LauncherDiscoveryRequest request =
                LauncherDiscoveryRequestBuilder.request()
                        .selectors(DiscoverySelectors.selectPackage(arguments[0]))
                        .configurationParameters(CONFIGURATION)
                        .filters(
                                (org.junit.platform.launcher.PostDiscoveryFilter)
                                        test ->
                                                org.junit.platform.engine.FilterResult.includedIf(
                                                        suite.wanted(test, arguments)))
                        .build();
        LauncherFactory.create().execute(request, suite);
        System.exit(suite.failed == 0 ? 0 : 1);
    }

    private boolean wanted(org.junit.platform.engine.TestDescriptor test, String[] arguments) {
        if (arguments.length < 2 || !test.isTest()) {
            return true;
        }
        return test.getSource()
                .filter(MethodSource.class::isInstance)
                .map(source -> name(((MethodSource) source).getMethodName()))
                .filter(name -> java.util.List.of(arguments).contains(name))
                .isPresent();
    }

    //  getModelNewerThan -> get_model_newer_than
    private String name(String method) {
        return snake
                ? method.replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT)
                : method;
    }

    @Override
    public synchronized void executionSkipped(TestIdentifier test, String reason) {
        if (test.isTest()) {
            System.out.println("skip " + nameOf(test) + ": " + reason);
        }
    }

    @Override
    public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
        boolean good = result.getStatus() == TestExecutionResult.Status.SUCCESSFUL;
        if (!test.isTest() && good) {
            return;
        }
        if (!good) {
            failed++;
            result.getThrowable().ifPresent(Suite::tell);
        }
        System.out.println((good ? "ok " : "not ok ") + nameOf(test));
    }

    private static void tell(Throwable e) {
        StringWriter words = new StringWriter();
        e.printStackTrace(new PrintWriter(words));
        words.toString().lines().limit(40).forEach(line -> System.out.println("    " + line));
    }

    private String nameOf(TestIdentifier test) {
        String name =
                test.getSource()
                        .filter(MethodSource.class::isInstance)
                        .map(source -> (MethodSource) source)
                        .map(
                                source ->
                                        snake
                                                ? name(source.getMethodName())
                                                : simple(source.getClassName())
                                                        + "."
                                                        + source.getMethodName())
                        .orElse(test.getDisplayName().replace(' ', '_'));
        return name;
    }

    private static String simple(String className) {
        return className.substring(className.lastIndexOf('.') + 1);
    }
}
