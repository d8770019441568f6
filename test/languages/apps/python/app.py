import json

from aws_cdk import App, Duration, Stack
from aws_cdk.aws_cloudwatch import Alarm
from aws_cdk.aws_dynamodb import Attribute, AttributeType, StreamViewType, TableV2
from aws_cdk.aws_lambda import Code, Function, MetricsConfig, MetricType, Runtime
from dynamo_stream_trigger import (
    AttributeCondition,
    DynamoStreamTrigger,
    FailureStore,
    NoFailureDestination,
    StreamedTable,
    StreamEventName,
    StreamFilter,
    StreamFunction,
    StreamPermissions,
    TextCondition,
)


def refused(wrong):
    """Prints the error that must come, as JSON on a line."""
    try:
        wrong()
    except RuntimeError as error:
        print("refused: " + json.dumps(str(error)), flush=True)


app = App(analytics_reporting=False)
stack = Stack(app, "Shop")
table = TableV2(
    stack,
    "Orders",
    partition_key=Attribute(name="orderId", type=AttributeType.STRING),
    dynamo_stream=StreamViewType.NEW_AND_OLD_IMAGES,
)
handler = StreamFunction(stack, "OnOrder", entry="src/on-order.ts", timeout=Duration.seconds(30))
trigger = DynamoStreamTrigger(
    stack,
    "PaidOrders",
    table=table,
    handler=handler,
    batch_size=50,
    max_record_age=Duration.hours(6),
    filters=[
        StreamFilter.all_of(
            StreamFilter.event_name(StreamEventName.INSERT, StreamEventName.MODIFY),
            StreamFilter.new_image("status", AttributeCondition.string_matches(TextCondition.prefix("PAID"))),
            StreamFilter.new_image("version", AttributeCondition.number_is(1, 2)),
        ),
        StreamFilter.new_image("address", AttributeCondition.map_has({"city": AttributeCondition.string_is("Graz", "Linz")})),
        StreamFilter.from_pattern({"eventName": ["REMOVE"], "userIdentity": {"type": ["Service"]}}),
    ],
    on_failure=FailureStore(stack, "Failures"),
    permissions=StreamPermissions.LEAST_PRIVILEGE,
    metrics_config=MetricsConfig(metrics=[MetricType.EVENT_COUNT]),
)
Alarm(stack, "Late", metric=trigger.metric_iterator_age(), threshold=Duration.hours(1).to_milliseconds(), evaluation_periods=3)
DynamoStreamTrigger(
    stack,
    "Places",
    table=StreamedTable.from_table_name(stack, "PlacesTable", "places"),
    handler=Function(
        stack,
        "OnPlace",
        runtime=Runtime.PYTHON_3_13,
        handler="index.handler",
        code=Code.from_inline("def handler(event, context): pass"),
    ),
    on_failure=NoFailureDestination.INSTANCE,
)

refused(lambda: DynamoStreamTrigger(Stack(app, "Wrong"), "Trigger", table=table, handler=handler, batch_size=20_000, retry_attempts=-5))
refused(lambda: AttributeCondition.number_is(2**53))
app.synth()
