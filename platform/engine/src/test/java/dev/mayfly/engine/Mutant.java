package dev.mayfly.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.util.Objects;

/**
 * A dispatcher that is broken in one place: where {@code method} of {@code type} calls {@code callee}, which gives nothing back, it is not called, or
 * called twice.
 *
 * @param of which of those calls, where there are several; from 1
 */
record Mutant(String type, String method, String callee, int of, Change change) {
    /** What is wrong there. */
    enum Change {
        LEFT_OUT,
        TWICE
    }

    /** All of the engine anew, with this one class changed. */
    ClassLoader load() {
        return new Loader();
    }

    private byte[] changed(byte[] bytes) {
        var count = new int[1];
        var file = ClassFile.of();
        var changed = file.transformClass(
                file.parse(bytes),
                ClassTransform.transformingMethodBodies(
                        each -> isIn(each.methodName().stringValue()),
                        CodeTransform.ofStateful(() -> (code, element) -> change(code, element, count))));
        if (count[0] < of) {
            throw new IllegalStateException(this + ": no such call; is it still made there?");
        }
        return changed;
    }

    /** What is done under the lock is a lambda of the method. */
    private boolean isIn(String name) {
        return name.equals(method) || name.startsWith("lambda$" + method + "$");
    }

    private void change(CodeBuilder code, CodeElement element, int[] count) {
        boolean here =
                element instanceof InvokeInstruction call && call.name().equalsString(callee) && ++count[0] == of;
        if (!here) {
            code.with(element);
            return;
        }
        var call = (InvokeInstruction) element;
        var takes = call.typeSymbol().parameterList();
        switch (change) {
            case LEFT_OUT -> {
                takes.reversed().forEach(each -> pop(code, each));
                code.pop(); // whose method it is
            }
            case TWICE -> {
                if (takes.size() != 1 || TypeKind.from(takes.getFirst()).slotSize() != 1) {
                    throw new IllegalStateException(this + ": " + call.typeSymbol() + " (expected: of one object)");
                }
                code.dup2();
                code.with(element);
                dropResult(code, call);
                code.with(element);
                return;
            }
        }
        var gives = TypeKind.from(call.typeSymbol().returnType());
        if (gives == TypeKind.BOOLEAN || gives == TypeKind.INT) {
            code.iconst_0();
        } else if (gives != TypeKind.VOID) {
            throw new IllegalStateException(
                    this + ": gives back " + gives + " (expected: nothing, or whether it did something)");
        }
    }

    private static void dropResult(CodeBuilder code, InvokeInstruction call) {
        if (TypeKind.from(call.typeSymbol().returnType()) != TypeKind.VOID) {
            code.pop();
        }
    }

    private static void pop(CodeBuilder code, ClassDesc type) {
        if (TypeKind.from(type).slotSize() == 2) {
            code.pop2();
        } else {
            code.pop();
        }
    }

    @Override
    public String toString() {
        return type + "." + method + ": " + callee + (of == 1 ? "" : " " + of) + " " + change;
    }

    private final class Loader extends ClassLoader {
        private static final String ENGINE = Mutant.class.getPackageName() + ".";

        private Loader() {
            super(Mutant.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                var known = findLoadedClass(name);
                if (known != null) {
                    return known;
                }
                return name.startsWith(ENGINE) ? define(name) : super.loadClass(name, resolve);
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (var in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                var bytes = in.readAllBytes();
                var made = name.equals(ENGINE + type) ? changed(bytes) : bytes;
                return defineClass(name, made, 0, made.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The fewest events that show that it is broken, in a world of this size; empty: they all went well. */
    String counterexample(String size) {
        try {
            var check =
                    load().loadClass(ModelChecker.class.getName()).getDeclaredMethod("counterexample", String.class);
            check.setAccessible(true);
            return Objects.requireNonNull((String) check.invoke(null, size));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(this + " cannot be tried", e);
        }
    }
}
