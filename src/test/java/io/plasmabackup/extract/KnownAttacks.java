package io.plasmabackup.extract;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Generates archives of the sorts that have got the better of tar programs, those with a number in
 * the list of public vulnerabilities (CVE) among them, each with what must become of it. They are
 * extracted to a folder beside {@code outside}, which has a file {@code secret}.
 */
final class KnownAttacks {

  private static final String LONG_NAME = "d".repeat(247);
  private static final byte[] NEGATIVE = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -2};
  private static final byte[] TOO_LARGE = {(byte) 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
  private static final int UID = 108;
  private static final int SIZE = 124;
  private static final int MTIME = 136;
  private static final int TYPE = 156;
  private static final int MAGIC = 257;
  private static final int MAJOR = 329;
  private static final int PREFIX = 345;

  private final String outside;
  private final List<Attack> attacks = new ArrayList<>();

  private KnownAttacks(Path outside) {
    this.outside = outside.toString();
  }

  /** Makes something in the folder before anything is extracted. */
  @FunctionalInterface
  interface Preparation {
    void prepare(Path folder) throws IOException;
  }

  /** An archive, and what must become of it where nothing may be overwritten. */
  static final class Attack {

    private final String name;
    private final List<byte[]> tars = new ArrayList<>();
    private Preparation preparation = folder -> {};
    private final List<String> told = new ArrayList<>();
    private List<String> left = List.of();
    private boolean malformed;

    private Attack(String name, TarBytes... tars) {
      this.name = name;
      for (TarBytes tar : tars) {
        this.tars.add(tar.toBytes());
      }
    }

    private Attack after(Preparation before) {
      preparation = before;
      return this;
    }

    private Attack refuses(String... members) {
      return tells("refused ", members);
    }

    private Attack keepsOut(String... members) {
      return tells("kept ", members);
    }

    private Attack incompletely(String... members) {
      return tells("incomplete ", members);
    }

    private Attack tells(String what, String... members) {
      for (String member : members) {
        told.add(what + member);
      }
      return this;
    }

    /** As {@link KnownAttacksTest} lists it. */
    private Attack leaves(String... entries) {
      left = Arrays.stream(entries).sorted().toList();
      return this;
    }

    /** It ends with an error at what is no tar, when all before that is made. */
    private Attack isMalformed() {
      malformed = true;
      return this;
    }

    List<byte[]> tars() {
      return tars;
    }

    Preparation preparation() {
      return preparation;
    }

    List<String> told() {
      return told;
    }

    List<String> left() {
      return left;
    }

    boolean malformed() {
      return malformed;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** All of them. */
  static List<Attack> around(Path outside) {
    KnownAttacks made = new KnownAttacks(outside);
    made.namesThatLeadElsewhere();
    made.symbolicLinks();
    made.hardLinks();
    made.collisions();
    made.folderItself();
    made.headersOfMany();
    made.lyingNumbers();
    made.sparseMaps();
    made.attributes();
    made.hugeNames();
    made.preparedFolders();
    return made.attacks;
  }

  private static TarBytes tar() {
    return new TarBytes();
  }

  private Attack attack(String name, TarBytes... tars) {
    Attack attack = new Attack(name, tars);
    attacks.add(attack);
    return attack;
  }

  private void namesThatLeadElsewhere() {
    attack("CVE-2001-1267: a name that begins with ..", tar().file("../outside/new", "planted"))
        .refuses("../outside/new");
    attack("CVE-2002-0399: // before ..", tar().file("//../outside/new", "planted"))
        .refuses("//../outside/new");
    attack("CVE-2002-1216: .. behind a name", tar().file("a/../../outside/new", "planted"))
        .refuses("a/../../outside/new");
    attack("CVE-2005-1918: /../", tar().file("/../outside/new", "planted"))
        .refuses("/../outside/new");
    attack("CVE-2007-4131: .// before ..", tar().file(".//..//outside/new", "planted"))
        .refuses(".//..//outside/new");
    attack("CVE-2007-4559: an absolute name", tar().file(outside + "/new", "planted"))
        .refuses(outside + "/new");
    attack(
            "CVE-2016-6321: what is before .. is cut off",
            tar().file("harmless/../../outside/secret", "planted"))
        .refuses("harmless/../../outside/secret");
    attack("CVE-2021-32804: many slashes", tar().file("////" + outside + "/new", "planted"))
        .refuses("////" + outside + "/new");
    attack("CVE-2021-37713: a drive's letter", tar().file("C:../outside/new", "here"))
        .leaves("C:../", "C:../outside/", "C:../outside/new=here");
    attack("CVE-2010-0624: a host's name", tar().file("host:file", "here"))
        .leaves("host:file=here");
    attack("backslashes are part of names", tar().file("..\\outside\\new", "here"))
        .leaves("..\\outside\\new=here");
    attack("names that only look like ..", tar().file("...", "one").file("..a/b", "two"))
        .leaves("...=one", "..a/", "..a/b=two");
    attack("a prefix of ustar that is ..", tar().altered('0', "new", PREFIX, bytes("../outside")))
        .refuses("../outside/new");
    attack("an absolute prefix of ustar", tar().altered('0', "new", PREFIX, bytes(outside)))
        .refuses(outside + "/new");
    attack(
            "a long name of GNU's",
            tar().member('L', "././@LongLink", "", "../outside/new\0").file("x", "planted"))
        .refuses("../outside/new");
    attack(
            "a long link of GNU's",
            tar()
                .member('K', "././@LongLink", "", outside + "/secret\0")
                .hardLink("hard", "x")
                .file("hard", "here"))
        .refuses("hard")
        .leaves("hard=here");
    attack("a type 'N' that renames", tar().member('N', "x", "", "Rename a to ../outside/new\n"))
        .isMalformed();
    attack(
            "a dump's directory that renames",
            tar().member('D', "d", "", "Rx\0T../outside/new\0\0").file("d/x", "here"))
        .leaves("d/", "d/x=here");
  }

  private void symbolicLinks() {
    attack(
            "CVE-2021-32803: a folder that has become a link",
            tar().directory("d").symbolicLink("d", "../outside").file("d/new", "here"))
        .refuses("d")
        .leaves("d/", "d/new=here");
    attack(
            "CVE-2021-37701: a folder whose name has a backslash",
            tar()
                .directory("x")
                .directory("x\\y")
                .symbolicLink("x/y", "../../outside")
                .file("x\\y/new", "here")
                .file("x/y/new", "planted"))
        .refuses("x/y/new")
        .leaves("x/", "x/y -> ../../outside", "x\\y/", "x\\y/new=here");
    attack(
            "CVE-2021-37712: names that Unicode takes for one",
            tar()
                .directory("caf\u00c3\u00a9")
                .symbolicLink("cafe\u00cc\u0081", "../outside")
                .file("caf\u00c3\u00a9/new", "here")
                .file("cafe\u00cc\u0081/new", "planted"))
        .refuses("cafe\u0301/new")
        .leaves("caf\u00e9/", "caf\u00e9/new=here", "cafe\u0301 -> ../outside");
    attack(
            "a link whose name ends with a slash",
            tar().symbolicLink("d/", "../outside").file("d/new", "planted"))
        .refuses("d/new")
        .leaves("d -> ../outside");
    attack(
            "a link in the middle of a path",
            tar().directory("a").symbolicLink("a/b", "../../outside").file("a/b/folder/c", "x"))
        .refuses("a/b/folder/c")
        .leaves("a/", "a/b -> ../../outside");
    attack(
            "a chain of links",
            tar()
                .symbolicLink("one", "..")
                .symbolicLink("two", "one/outside")
                .file("two/new", "planted"))
        .refuses("two/new")
        .leaves("one -> ..", "two -> one/outside");
    attack(
            "links in a circle",
            tar().symbolicLink("a", "b").symbolicLink("b", "a").file("a/x", "planted"))
        .refuses("a/x")
        .leaves("a -> b", "b -> a");
    attack(
            "a link to the folder itself",
            tar().symbolicLink("self", ".").file("self/new", "planted"))
        .refuses("self/new")
        .leaves("self -> .");
    attack(
            "the kernel's own links",
            tar()
                .symbolicLink("root", "/proc/self/root")
                .file("root" + outside + "/new", "planted"))
        .refuses("root" + outside + "/new")
        .leaves("root -> /proc/self/root");
    attack(
            "a link to a file, then a file of its name",
            tar().symbolicLink("link", "../outside/secret").file("link", "planted"))
        .keepsOut("link")
        .leaves("link -> ../outside/secret");
    attack(
            "a link, then a folder of its name",
            tar().symbolicLink("d", "../outside").directory("d").directory("d/new"))
        .refuses("d", "d/new")
        .leaves("d -> ../outside");
    attack(
            "CVE-2025-45582: a link in one archive, a file through it in another",
            tar().symbolicLink("x", "../outside"),
            tar().file("x/new", "planted"))
        .refuses("x/new")
        .leaves("x -> ../outside");
    String all = "a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p";
    TarBytes realpath = tar();
    List<String> left = new ArrayList<>();
    String path = "";
    for (String step : all.split("/", -1)) {
      realpath.pax("path", path + LONG_NAME).directory("x");
      realpath.pax("path", path + step).pax("linkpath", LONG_NAME).symbolicLink("x", "x");
      left.add(path + LONG_NAME + "/");
      left.add(path + step + " -> " + LONG_NAME);
      path += LONG_NAME + "/";
    }
    String end = all + "/" + "l".repeat(254);
    String escape = end + "/../../../../outside";
    attack(
            "CVE-2025-4517, -4330, -4138, CVE-2024-12718: a path too long for realpath(3)",
            realpath
                .pax("path", end)
                .symbolicLink("x", "../".repeat(16))
                .pax("linkpath", escape)
                .symbolicLink("escape", "x")
                .hardLink("hard", "escape/secret")
                .file("hard", "here")
                .file("escape/new", "planted"))
        .refuses(end, "hard", "escape/new")
        .leaves(with(left, "escape -> " + escape, "hard=here"));
  }

  private void hardLinks() {
    attack(
            "CVE-2018-20834: a hard link to elsewhere, then a file of its name",
            tar().hardLink("hard", "../outside/secret").file("hard", "here"))
        .refuses("hard")
        .leaves("hard=here");
    attack(
            "CVE-2018-20834, absolute",
            tar().hardLink("hard", outside + "/secret").file("hard", "here"))
        .refuses("hard")
        .leaves("hard=here");
    attack(
            "CVE-2016-5418: a hard link to a link, with data",
            tar().symbolicLink("s", "../outside/secret").member('1', "hard", "s", "planted"))
        .leaves("hard -> ../outside/secret", "s -> ../outside/secret")
        .isMalformed();
    attack(
            "a hard link to a link, then a file of its name",
            tar()
                .symbolicLink("s", "../outside/secret")
                .hardLink("hard", "s")
                .file("hard", "planted"))
        .keepsOut("hard")
        .leaves("hard -> ../outside/secret", "s -> ../outside/secret");
    attack(
            "a hard link through a link",
            tar().symbolicLink("s", "../outside").hardLink("hard", "s/secret"))
        .refuses("hard")
        .leaves("s -> ../outside");
    attack("a hard link through ..", tar().directory("d").hardLink("h", "d/../../outside/secret"))
        .refuses("h")
        .leaves("d/");
    attack("a hard link to itself", tar().hardLink("h", "h")).refuses("h");
    attack("a hard link to a folder", tar().directory("d").hardLink("h", "d"))
        .refuses("h")
        .leaves("d/");
    attack("a hard link to a fifo, then a file", tar().fifo("f").hardLink("h", "f").file("h", "x"))
        .keepsOut("h")
        .leaves("f|", "h|");
    attack("a hard link to nothing", tar().hardLink("h", "nothing")).refuses("h");
  }

  private void collisions() {
    attack("a file below a file", tar().file("f", "one").file("f/g", "two"))
        .refuses("f/g")
        .leaves("f=one");
    attack("a file, then a folder", tar().file("f", "one").directory("f/"))
        .refuses("f/")
        .leaves("f=one");
    attack("a folder, then a file", tar().directory("d").file("d/e", "one").file("d", "two"))
        .refuses("d")
        .leaves("d/", "d/e=one");
    attack("two files", tar().file("f", "one").file("./f", "other"))
        .keepsOut("./f")
        .leaves("f=one");
    attack("a fifo, then a file, and one below", tar().fifo("f").file("f", "x").file("f/g", "y"))
        .keepsOut("f")
        .refuses("f/g")
        .leaves("f|");
    attack("a file, then a device", tar().file("f", "one").device("f"))
        .keepsOut("f")
        .leaves("f=one");
    attack("a file whose name ends with a slash", tar().file("d/", "").file("d/f", "one"))
        .leaves("d/", "d/f=one");
    String ours = ".plasma-restore-0123456789abcdef01234567";
    attack("a name like a temporary one", tar().file(ours, "theirs")).leaves(ours + "=theirs");
  }

  private void folderItself() {
    attack("a file that is the folder", tar().file(".", "planted")).refuses(".");
    attack("a link that is the folder", tar().symbolicLink("./", "../outside")).refuses("./");
    attack("a hard link that is the folder", tar().hardLink("./.", "x")).refuses("./.");
    attack("a hard link to the folder", tar().hardLink("x", ".")).refuses("x");
    attack("a fifo that is the folder", tar().fifo(".//")).refuses(".//");
    attack("the folder itself", tar().directory("./").file("./f", "here")).leaves("f=here");
    attack("no name", tar().file("", "planted")).isMalformed();
    attack("a link to nothing", tar().symbolicLink("s", "")).isMalformed();
  }

  private void headersOfMany() {
    attack("a name for all", tar().forAll("path", "../outside/new").file("a", "x").file("b", "y"))
        .refuses("../outside/new", "../outside/new");
    attack(
            "a link's target for all",
            tar().forAll("linkpath", outside + "/secret").hardLink("a", "x").hardLink("b", "x"))
        .refuses("a", "b");
    attack("a size for all", tar().forAll("size", "4096").file("a", "x")).isMalformed();
    attack("a NUL in a name", tar().pax("path", "ok\0/../../outside/new").file("x", "planted"))
        .isMalformed();
    attack(
            "a name of the sparse format",
            tar().pax("GNU.sparse.name", "../outside/new").file("x", ""))
        .refuses("../outside/new");
    attack("a header of nothing", tar().records('x', "").file("x", "here")).leaves("x=here");
    for (String records :
        List.of(
            "999 path=x\n",
            "0 path=x\n",
            "-9 path=x\n",
            "11path=abc\n",
            "10 path=abcd",
            "99999999999999999999 path=x\n",
            "4 =\n",
            "path=x\n")) {
      attack("a record that lies: " + records.strip(), tar().records('x', records).file("f", "x"))
          .isMalformed();
    }
    attack("a header without a member", tar().pax("path", "x")).leaves();
    attack("an unknown type", tar().member('Z', "x", "", "planted")).isMalformed();
    attack("a part of another volume", tar().member('M', "x", "", "planted")).isMalformed();
    attack("something behind the end", tar().file("a", "x").raw(new byte[1024]).file("b", "y"))
        .leaves("a=x");
    attack(
            "a wrong checksum",
            tar().file("a", "x").raw(Arrays.copyOf(bytes("b" + "\0".repeat(110) + "1"), 512)))
        .leaves("a=x")
        .isMalformed();
  }

  private void lyingNumbers() {
    attack("a negative size", tar().altered('0', "f", SIZE, NEGATIVE)).isMalformed();
    attack("a size of more than 64 bits", tar().altered('0', "f", SIZE, TOO_LARGE)).isMalformed();
    attack("a size of 8 GiB and no data", tar().altered('0', "f", SIZE, bytes("77777777777\0")))
        .isMalformed();
    attack("a size that is no number", tar().altered('0', "f", SIZE, bytes("0x10       \0")))
        .isMalformed();
    for (String size :
        List.of("-5", "0x10", "99999999999999999999", "9223372036854775807", "1e3")) {
      attack("a record's size of " + size, tar().pax("size", size).file("f", "x")).isMalformed();
    }
    attack("a name of 17 MiB", tar().altered('L', "x", SIZE, bytes("00104000000\0"))).isMalformed();
    attack("a negative uid", tar().altered('0', "f", UID, Arrays.copyOf(NEGATIVE, 8)))
        .isMalformed();
    attack("a uid that means nobody", tar().pax("uid", "4294967295").file("f", "x")).isMalformed();
    attack(
            "a device number of more than 32 bits",
            tar().altered('3', "f", MAJOR, (byte) 0x80, (byte) 0, (byte) 1, (byte) 0))
        .isMalformed();
    attack(
            "CVE-2022-48303: a time of spaces",
            tar().altered('0', "f", MTIME, bytes(" ".repeat(12))))
        .leaves("f=");
    byte[] none = new byte[20 + 32 + 32];
    attack("a header without magic", tar().altered('0', "f", MAGIC, none)).leaves("f=");
    attack("a type of NUL", tar().altered('0', "f", TYPE, (byte) 0)).leaves("f=");
    for (String time : List.of("nan", "1e9", "99999999999999999999", "--1", "0x1")) {
      attack("a time of " + time, tar().pax("mtime", time).file("f", "x")).isMalformed();
    }
  }

  private void sparseMaps() {
    for (String map : List.of("0,3,1,3", "3,1,0,1", "5,3", "-1,3", "0,-1", "0", "a,b", "0,1,")) {
      attack(
              "a sparse map of " + map,
              tar().pax("GNU.sparse.size", "4").pax("GNU.sparse.map", map).file("f", "xyz"))
          .isMalformed();
    }
    attack(
            "CVE-2018-20482: a sparse file that is too short",
            tar().pax("GNU.sparse.size", "9").pax("GNU.sparse.map", "0,9").file("f", "xyz"))
        .isMalformed();
    attack(
            "CVE-2019-9923: a sparse file without a size",
            tar().pax("GNU.sparse.major", "1").pax("GNU.sparse.minor", "0").file("f", "0\n"))
        .isMalformed();
    for (String map :
        List.of("", "1\n", "1\n0\n9\n", "999999999999\n", "x\n", "1\n0\n1\n", "-1\n")) {
      attack(
              "a sparse map in the data: " + map.replace('\n', ' '),
              tar()
                  .pax("GNU.sparse.major", "1")
                  .pax("GNU.sparse.minor", "0")
                  .pax("GNU.sparse.realsize", "4")
                  .file("f", map))
          .isMalformed();
    }
    attack(
            "an unknown sparse format",
            tar().pax("GNU.sparse.major", "7").pax("GNU.sparse.realsize", "4").file("f", "0\n"))
        .isMalformed();
    attack(
            "an old sparse map that is negative",
            tar().altered('S', "f", 386, Arrays.copyOf(NEGATIVE, 12)))
        .isMalformed();
    attack(
            "a length without a place",
            tar().pax("GNU.sparse.size", "4").pax("GNU.sparse.numbytes", "4").file("f", "x"))
        .isMalformed();
  }

  private void attributes() {
    attack("an attribute without a name", tar().pax("SCHILY.xattr.", "x").file("f", "here"))
        .incompletely("f")
        .leaves("f=here");
    attack("an attribute of no class", tar().pax("SCHILY.xattr.nonsense", "x").file("f", "here"))
        .incompletely("f")
        .leaves("f=here");
    attack(
            "an attribute of a class that nobody knows",
            tar().pax("SCHILY.xattr.nonsense.x", "y").file("f", "here"))
        .incompletely("f")
        .leaves("f=here");
    attack(
            "an attribute larger than any",
            tar().pax("SCHILY.xattr.user.x", "y".repeat(70_000)).file("f", "here"))
        .incompletely("f")
        .leaves("f=here");
    attack(
            "an attribute larger than all that can be",
            tar().pax("SCHILY.xattr.user.x", "y".repeat(300_000)).file("f", "here"))
        .incompletely("f")
        .leaves("f=here");
    attack(
            "an attribute with a name longer than any",
            tar().pax("SCHILY.xattr.user." + "x".repeat(5000), "y").file("f", "here"))
        .incompletely("f")
        .leaves("f=here");
    attack(
            "a capability that makes no sense",
            tar().pax("SCHILY.xattr.security.capability", "x").file("f", "here"))
        .incompletely("f")
        .leaves("f=here");
    attack(
            "an attribute with a NUL in its name",
            tar().pax("SCHILY.xattr.user.a%00b", "x").file("f", ""))
        .isMalformed();
    for (String acl :
        List.of(
            "nonsense",
            "user::rwx,user:nobody:rwx,group::r-x,mask::rwx,other::r--",
            "user::rwx,user:4294967295:rwx,group::r-x,mask::rwx,other::r--",
            "user::rwx,user:1:rwx,group::r-x,other::r--",
            "user::rwx,user::rwx,user::rwx")) {
      attack("an ACL of " + acl, tar().pax("SCHILY.acl.access", acl).file("f", "here"))
          .incompletely("f")
          .leaves("f=here");
    }
  }

  private void hugeNames() {
    String component = "n".repeat(256);
    attack("a name longer than any", tar().pax("path", component).file("x", "")).refuses(component);
    attack("a folder's name longer than any", tar().pax("path", component + "/x").file("x", ""))
        .refuses(component + "/x");
    String deep = "d/".repeat(3000) + "f";
    attack("thousands of folders", tar().pax("path", deep).file("x", "").file("y", "here"))
        .refuses(deep)
        .leaves("y=here");
    String huge = ("n".repeat(200) + "/").repeat(400) + "f";
    attack("a path of 80,000 bytes", tar().pax("path", huge).file("x", "").file("y", "here"))
        .refuses(huge)
        .leaves("y=here");
    attack(
            "a target longer than any",
            tar().pax("linkpath", "t".repeat(5000)).symbolicLink("s", "x"))
        .refuses("s");
  }

  private void preparedFolders() {
    Preparation link =
        folder -> Files.createSymbolicLink(folder.resolve("there"), Path.of("../outside"));
    attack("through a link that is there", tar().file("there/new", "planted"))
        .after(link)
        .refuses("there/new")
        .leaves("there -> ../outside");
    attack("a folder where a link is", tar().directory("there"))
        .after(link)
        .refuses("there")
        .leaves("there -> ../outside");
    attack("a hard link through a link that is there", tar().hardLink("h", "there/secret"))
        .after(link)
        .refuses("h")
        .leaves("there -> ../outside");
    attack("a file where a link to a file is", tar().file("f", "planted"))
        .after(
            folder -> Files.createSymbolicLink(folder.resolve("f"), Path.of("../outside/secret")))
        .keepsOut("f")
        .leaves("f -> ../outside/secret");
    attack(
            "a hard link to what was kept",
            tar().file("a", "theirs").hardLink("b", "a").file("c", "here"))
        .after(folder -> Files.writeString(folder.resolve("a"), "mine"))
        .keepsOut("a")
        .refuses("b")
        .leaves("a=mine", "c=here");
    attack("below a file that is there", tar().file("a/b", "planted"))
        .after(folder -> Files.writeString(folder.resolve("a"), "mine"))
        .refuses("a/b")
        .leaves("a=mine");
    attack("a file where a folder is", tar().file("a", "planted"))
        .after(folder -> Files.createDirectory(folder.resolve("a")))
        .refuses("a")
        .leaves("a/");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  private static String[] with(List<String> some, String... more) {
    List<String> all = new ArrayList<>(some);
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }
}
