package dev.mayfly.build.python;

import dev.mayfly.model.SourceFile;
import java.util.List;
import java.util.Map;

/**
 * What a project says it depends on.
 *
 * @param path of the file that says it
 * @param folder of that file, from where relative paths in it count; empty for the root
 * @param texts what decides about the result, by path
 * @param rewritten files to be written with another content than was sent, by path: editable installations make no sense in a layer, and a
 *     {@code pyproject.toml} is given to pip as a list
 * @param local files of the project that are installed
 */
record Manifest(
        String path,
        String folder,
        List<Requirement> requirements,
        Map<String, String> texts,
        Map<String, String> rewritten,
        List<SourceFile> local) {
    private static final String FROM_PYPROJECT = "mayfly-requirements.txt";

    /** The dependencies of a {@code pyproject.toml}. */
    static Manifest of(PyProject pyproject) {
        var requirements = pyproject.dependencies();
        var text = new StringBuilder();
        requirements.forEach(each -> text.append(each.text()).append('\n'));
        var folder = RequirementsReader.folder(pyproject.path());
        var list = folder.isEmpty() ? FROM_PYPROJECT : folder + "/" + FROM_PYPROJECT;
        return new Manifest(
                pyproject.path(),
                folder,
                requirements,
                Map.of(pyproject.path(), text.toString()),
                Map.of(list, text.toString()),
                List.of());
    }

    boolean isPyProject() {
        return path.endsWith("pyproject.toml");
    }

    /** The name, within its folder, of the file that pip reads. */
    String listName() {
        return isPyProject() ? FROM_PYPROJECT : path.substring(path.lastIndexOf('/') + 1);
    }
}
