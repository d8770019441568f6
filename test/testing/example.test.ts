// A user's tests, against the compiled package as a user has it.
import '../../examples/testing/orders.test';
