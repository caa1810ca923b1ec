import java.io.IOException;
import java.lang.classfile.ClassElement;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodTransform;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Gives the classes below a folder, of an unpacked jar, the format of Java 17, with the stack maps that go with it: Java's
 * archive of loaded and linked classes takes none from before Java 6. Called by scripts/build, from JDK 25 on.
 */
final class RaiseClassVersion {

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(file -> file.toString().endsWith(".class") && !file.endsWith("module-info.class")).toList();
    }
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
      // What a jar can do without needn't be here.
      ClassHierarchyResolver known = ClassHierarchyResolver.ofResourceParsing(loader);
      ClassFile format =
          ClassFile.of(ClassFile.StackMapsOption.GENERATE_STACK_MAPS, ClassFile.ClassHierarchyResolverOption.of(known));
      for (Path file : files) {
        Files.write(file, raised(format, format.parse(file)));
      }
    }
  }

  private static byte[] raised(ClassFile format, ClassModel model) {
    ClassTransform version =
        (builder, element) -> {
          ClassElement kept = element instanceof ClassFileVersion ? ClassFileVersion.of(ClassFile.JAVA_17_VERSION, 0) : element;
          builder.with(kept);
        };
    // Code is written anew, as it is, for its stack maps.
    ClassTransform code = ClassTransform.transformingMethods(MethodTransform.transformingCode(CodeTransform.ACCEPT_ALL));
    byte[] raised = format.transformClass(model, version.andThen(code));
    for (VerifyError error : format.verify(raised)) {
      throw error;
    }
    return raised;
  }
}
