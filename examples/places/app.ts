// What cdk.json runs.
import '../../bin/app';
