package main

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"
	trigger "__GO_MODULE__"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
	stack := awscdk.NewStack(app, jsii.String("Shop"), nil)
	table := awsdynamodb.NewTableV2(stack, jsii.String("Orders"), &awsdynamodb.TablePropsV2{
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("orderId"), Type: awsdynamodb.AttributeType_STRING},
		DynamoStream: awsdynamodb.StreamViewType_NEW_AND_OLD_IMAGES,
	})
	handler := trigger.NewStreamFunction(stack, jsii.String("OnOrder"), &trigger.StreamFunctionProps{
		Entry:   jsii.String("src/on-order.ts"),
		Timeout: awscdk.Duration_Seconds(jsii.Number(30)),
	})
	paid := trigger.NewDynamoStreamTrigger(stack, jsii.String("PaidOrders"), &trigger.DynamoStreamTriggerProps{
		Table:        table,
		Handler:      handler,
		BatchSize:    jsii.Number(50),
		MaxRecordAge: awscdk.Duration_Hours(jsii.Number(6)),
		Filters: &[]trigger.StreamFilter{
			trigger.StreamFilter_AllOf(
				trigger.StreamFilter_EventName(trigger.StreamEventName_INSERT, trigger.StreamEventName_MODIFY),
				trigger.StreamFilter_NewImage(jsii.String("status"), trigger.AttributeCondition_StringMatches(trigger.TextCondition_Prefix(jsii.String("PAID")))),
				trigger.StreamFilter_NewImage(jsii.String("version"), trigger.AttributeCondition_NumberIs(jsii.Number(1), jsii.Number(2))),
			),
			trigger.StreamFilter_NewImage(jsii.String("address"), trigger.AttributeCondition_MapHas(&map[string]trigger.AttributeCondition{
				"city": trigger.AttributeCondition_StringIs(jsii.String("Graz"), jsii.String("Linz")),
			})),
			trigger.StreamFilter_FromPattern(&map[string]interface{}{
				"eventName":    []string{"REMOVE"},
				"userIdentity": map[string]interface{}{"type": []string{"Service"}},
			}),
		},
		OnFailure:     trigger.NewFailureStore(stack, jsii.String("Failures"), nil),
		Permissions:   trigger.StreamPermissions_LEAST_PRIVILEGE,
		MetricsConfig: &awslambda.MetricsConfig{Metrics: &[]awslambda.MetricType{awslambda.MetricType_EVENT_COUNT}},
	})
	awscloudwatch.NewAlarm(stack, jsii.String("Late"), &awscloudwatch.AlarmProps{
		Metric:            paid.MetricIteratorAge(nil),
		Threshold:         awscdk.Duration_Hours(jsii.Number(1)).ToMilliseconds(nil),
		EvaluationPeriods: jsii.Number(3),
	})
	trigger.NewDynamoStreamTrigger(stack, jsii.String("Places"), &trigger.DynamoStreamTriggerProps{
		Table: trigger.StreamedTable_FromTableName(stack, jsii.String("PlacesTable"), jsii.String("places"), nil),
		Handler: awslambda.NewFunction(stack, jsii.String("OnPlace"), &awslambda.FunctionProps{
			Runtime: awslambda.Runtime_PYTHON_3_13(),
			Handler: jsii.String("index.handler"),
			Code:    awslambda.Code_FromInline(jsii.String("def handler(event, context): pass")),
		}),
		OnFailure: trigger.NoFailureDestination_INSTANCE(),
	})

	refused(func() {
		trigger.NewDynamoStreamTrigger(awscdk.NewStack(app, jsii.String("Wrong"), nil), jsii.String("Trigger"), &trigger.DynamoStreamTriggerProps{
			Table: table, Handler: handler, BatchSize: jsii.Number(20_000), RetryAttempts: jsii.Number(-5),
		})
	})
	refused(func() { trigger.AttributeCondition_NumberIs(jsii.Number(1 << 53)) })
	app.Synth(nil)
}

// Prints the error that must come, as JSON on a line.
func refused(wrong func()) {
	defer func() {
		if failure := recover(); failure != nil {
			message, _ := json.Marshal(fmt.Sprint(failure))
			fmt.Printf("refused: %s\n", message)
		}
	}()
	wrong()
}
