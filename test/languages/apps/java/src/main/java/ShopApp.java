import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import __JAVA_PACKAGE__.AttributeCondition;
import __JAVA_PACKAGE__.DynamoStreamTrigger;
import __JAVA_PACKAGE__.FailureStore;
import __JAVA_PACKAGE__.NoFailureDestination;
import __JAVA_PACKAGE__.StreamEventName;
import __JAVA_PACKAGE__.StreamFilter;
import __JAVA_PACKAGE__.StreamFunction;
import __JAVA_PACKAGE__.StreamPermissions;
import __JAVA_PACKAGE__.StreamedTable;
import __JAVA_PACKAGE__.TextCondition;
import com.fasterxml.jackson.databind.ObjectMapper;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.cloudwatch.Alarm;
import software.amazon.awscdk.services.dynamodb.Attribute;
import software.amazon.awscdk.services.dynamodb.AttributeType;
import software.amazon.awscdk.services.dynamodb.StreamViewType;
import software.amazon.awscdk.services.dynamodb.TableV2;
import software.amazon.awscdk.services.lambda.Code;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.MetricType;
import software.amazon.awscdk.services.lambda.MetricsConfig;
import software.amazon.awscdk.services.lambda.Runtime;

public class ShopApp {
    public static void main(String[] args) {
        App app = App.Builder.create().analyticsReporting(false).build();
        Stack stack = new Stack(app, "Shop");
        TableV2 table = TableV2.Builder.create(stack, "Orders")
            .partitionKey(Attribute.builder().name("orderId").type(AttributeType.STRING).build())
            .dynamoStream(StreamViewType.NEW_AND_OLD_IMAGES)
            .build();
        StreamFunction handler = StreamFunction.Builder.create(stack, "OnOrder").entry("src/on-order.ts").timeout(Duration.seconds(30)).build();
        DynamoStreamTrigger trigger = DynamoStreamTrigger.Builder.create(stack, "PaidOrders")
            .table(table)
            .handler(handler)
            .batchSize(50)
            .maxRecordAge(Duration.hours(6))
            .filters(List.of(
                StreamFilter.allOf(
                    StreamFilter.eventName(StreamEventName.INSERT, StreamEventName.MODIFY),
                    StreamFilter.newImage("status", AttributeCondition.stringMatches(TextCondition.prefix("PAID"))),
                    StreamFilter.newImage("version", AttributeCondition.numberIs(1, 2))),
                StreamFilter.newImage("address", AttributeCondition.mapHas(Map.of("city", AttributeCondition.stringIs("Graz", "Linz")))),
                // In the order of the other languages: Map.of has none.
                StreamFilter.fromPattern(new TreeMap<>(Map.of("eventName", List.of("REMOVE"), "userIdentity", Map.of("type", List.of("Service")))))))
            .onFailure(new FailureStore(stack, "Failures"))
            .permissions(StreamPermissions.LEAST_PRIVILEGE)
            .metricsConfig(MetricsConfig.builder().metrics(List.of(MetricType.EVENT_COUNT)).build())
            .build();
        Alarm.Builder.create(stack, "Late")
            .metric(trigger.metricIteratorAge())
            .threshold(Duration.hours(1).toMilliseconds())
            .evaluationPeriods(3)
            .build();
        DynamoStreamTrigger.Builder.create(stack, "Places")
            .table(StreamedTable.fromTableName(stack, "PlacesTable", "places"))
            .handler(Function.Builder.create(stack, "OnPlace")
                .runtime(Runtime.PYTHON_3_13)
                .handler("index.handler")
                .code(Code.fromInline("def handler(event, context): pass"))
                .build())
            .onFailure(NoFailureDestination.INSTANCE)
            .build();

        refused(() -> DynamoStreamTrigger.Builder.create(new Stack(app, "Wrong"), "Trigger")
            .table(table).handler(handler).batchSize(20_000).retryAttempts(-5).build());
        refused(() -> AttributeCondition.numberIs(1L << 53));
        app.synth();
    }

    /** Prints the error that must come, as JSON on a line. */
    private static void refused(Runnable wrong) {
        try {
            wrong.run();
        } catch (RuntimeException error) {
            try {
                System.out.println("refused: " + new ObjectMapper().writeValueAsString(error.getMessage()));
            } catch (java.io.IOException unwritable) {
                throw new IllegalStateException(unwritable);
            }
        }
    }
}
