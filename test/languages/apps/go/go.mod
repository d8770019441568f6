module shop

go 1.25

require (
	__GO_MODULE__ v__VERSION__
	github.com/aws/aws-cdk-go/awscdk/v2 v__CDK_VERSION__
)

replace __GO_MODULE__ => __PACKAGES__/go/__GO_PACKAGE__
