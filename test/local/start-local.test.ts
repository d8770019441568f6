// A user's integration test, against the compiled package as a user has it.
import '../../examples/testing/orders.integration.test';
