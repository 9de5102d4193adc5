import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/** Runs a file of Flink SQL in a cluster inside this JVM, statement by statement, as `sql-client.sh -f` does in one of yours. */
public final class RunSql {
  private static final Pattern SET = Pattern.compile("SET\\s+'([^']+)'\\s*=\\s*'([^']*)'");

  public static void main(String[] args) throws Exception {
    var tables = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
    tables.getConfig().set("parallelism.default", "1");
    var sql = Files.readString(Path.of(args[0])).replaceAll("(?m)^\\s*--.*$", "");
    for (var statement : sql.split(";\\s*(\\n|$)")) {
      if (statement.isBlank()) continue;
      var set = SET.matcher(statement.strip());
      if (set.matches()) tables.getConfig().set(set.group(1), set.group(2));
      else tables.executeSql(statement).await();
    }
  }
}
