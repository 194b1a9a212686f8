import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import java.io.OutputStream;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local for tests: on the loopback interface only, and gone when its parent is.
 *
 * <p>Its own main class listens on every interface and has no option against it. This one makes the same server
 * from the same arguments, and names the host before it starts. It stops when standard input ends, so a test run
 * that is killed leaves no server behind.
 */
public class LoopbackDynamoDB {
    public static void main(String[] args) throws Exception {
        var proxy = ServerRunner.createServerFromCommandLineArgs(args);
        var field = proxy.getClass().getDeclaredField("server");
        field.setAccessible(true);
        for (var connector : ((Server) field.get(proxy)).getConnectors()) {
            ((ServerConnector) connector).setHost("127.0.0.1");
        }
        proxy.start();
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }
}
