/** The name of the program's class, and of its file without the ending. */
export const LOOPBACK_PROGRAM = 'Loopback';

/** The system property with the port to listen on; 0: a free one. */
export const PORT_PROPERTY = 'dynamo-stream-trigger-port';

/**
 * A Java program that starts DynamoDB Local as AWS documents it for programs, but on 127.0.0.1 only, and prints the port. DynamoDB Local has
 * no option for that, and takes no port 0. It is put together here, because users have a Java runtime but need not have its compiler:
 *
 * ```java
 * public static void main(String[] options) throws Exception {
 *   DynamoDBProxyServer database = ServerRunner.createServerFromCommandLineArgs(options);
 *   Field field = DynamoDBProxyServer.class.getDeclaredField("server");
 *   field.setAccessible(true);
 *   ServerConnector connector = (ServerConnector) ((Server) field.get(database)).getConnectors()[0];
 *   connector.setHost("127.0.0.1");
 *   connector.setPort(Integer.getInteger(PORT_PROPERTY));
 *   database.safeStart();
 *   System.out.println(connector.getLocalPort());
 * }
 * ```
 *
 * @returns the class file. Source of the format: The Java Virtual Machine Specification, chapters 4 and 6.
 */
export function loopbackProgram(): Buffer {
  const { constants, text, type, string, member } = constantPool();
  const call = (instruction: number, ...of: [owner: string, name: string, descriptor: string]) => [instruction, ...member(METHOD, ...of)];
  const code = Buffer.from([
    ALOAD_0, ...call(INVOKE_STATIC, `${DYNAMODB}/main/ServerRunner`, 'createServerFromCommandLineArgs', `([Ljava/lang/String;)L${DATABASE};`), ASTORE_1,
    LOAD_CONSTANT, ...type(DATABASE), LOAD_CONSTANT, ...string('server'),
    ...call(INVOKE_VIRTUAL, 'java/lang/Class', 'getDeclaredField', '(Ljava/lang/String;)Ljava/lang/reflect/Field;'), ASTORE_2,
    ALOAD_2, TRUE, ...call(INVOKE_VIRTUAL, 'java/lang/reflect/Field', 'setAccessible', '(Z)V'),
    ALOAD_2, ALOAD_1, ...call(INVOKE_VIRTUAL, 'java/lang/reflect/Field', 'get', '(Ljava/lang/Object;)Ljava/lang/Object;'), CAST, ...type(`${JETTY}/Server`),
    ...call(INVOKE_VIRTUAL, `${JETTY}/Server`, 'getConnectors', `()[L${JETTY}/Connector;`), ZERO, ELEMENT, CAST, ...type(CONNECTOR), ASTORE_3,
    ALOAD_3, LOAD_CONSTANT, ...string('127.0.0.1'), ...call(INVOKE_VIRTUAL, CONNECTOR, 'setHost', '(Ljava/lang/String;)V'),
    ALOAD_3, LOAD_CONSTANT, ...string(PORT_PROPERTY),
    ...call(INVOKE_STATIC, 'java/lang/Integer', 'getInteger', '(Ljava/lang/String;)Ljava/lang/Integer;'),
    ...call(INVOKE_VIRTUAL, 'java/lang/Integer', 'intValue', '()I'), ...call(INVOKE_VIRTUAL, CONNECTOR, 'setPort', '(I)V'),
    ALOAD_1, ...call(INVOKE_VIRTUAL, DATABASE, 'safeStart', '()V'),
    GET_STATIC, ...member(FIELD, 'java/lang/System', 'out', 'Ljava/io/PrintStream;'),
    ALOAD_3, ...call(INVOKE_VIRTUAL, CONNECTOR, 'getLocalPort', '()I'), ...call(INVOKE_VIRTUAL, 'java/io/PrintStream', 'println', '(I)V'),
    RETURN,
  ]);
  // Two of the stack, four variables, no exceptions caught and no attributes.
  const body = Buffer.concat([Buffer.from([0, 2, 0, 4, ...u4(code.length)]), code, Buffer.from([0, 0, 0, 0])]);
  const main = Buffer.concat([
    Buffer.from([0, PUBLIC | STATIC, ...text('main'), ...text('([Ljava/lang/String;)V'), 0, 1, ...text('Code'), ...u4(body.length)]), body,
  ]);
  const [itself, parent] = [type(LOOPBACK_PROGRAM), type('java/lang/Object')];
  return Buffer.concat([
    Buffer.from([0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, JAVA_17]), ...constants(),
    // It implements nothing and has no fields, one method and no attributes.
    Buffer.from([0, PUBLIC | SUPER, ...itself, ...parent, 0, 0, 0, 0, 0, 1]), main, Buffer.from([0, 0]),
  ]);
}

const DYNAMODB = 'software/amazon/dynamodb/services/local';
const DATABASE = `${DYNAMODB}/server/DynamoDBProxyServer`;
const JETTY = 'org/eclipse/jetty/server';
const CONNECTOR = `${JETTY}/ServerConnector`;

const JAVA_17 = 61;
const [PUBLIC, STATIC, SUPER] = [0x01, 0x08, 0x20];
const [UTF8, CLASS, STRING, FIELD, METHOD, NAME_AND_TYPE] = [1, 7, 8, 9, 10, 12];
const [ZERO, TRUE, LOAD_CONSTANT, ELEMENT] = [0x03, 0x04, 0x13, 0x32];
const [ALOAD_0, ALOAD_1, ALOAD_2, ALOAD_3, ASTORE_1, ASTORE_2, ASTORE_3] = [0x2A, 0x2B, 0x2C, 0x2D, 0x4C, 0x4D, 0x4E];
const [RETURN, GET_STATIC, INVOKE_VIRTUAL, INVOKE_STATIC, CAST] = [0xB1, 0xB2, 0xB6, 0xB8, 0xC0];

const u2 = (value: number) => [value >> 8, value & 0xFF];
const u4 = (value: number) => [...u2(value >>> 16), ...u2(value & 0xFFFF)];

/** What the code names. Each function gives the index of a constant, as the two bytes that refer to it. */
function constantPool() {
  const all: number[][] = [];
  const add = (...constant: number[]) => u2(all.push(constant));
  const text = (value: string) => add(UTF8, ...u2(value.length), ...Buffer.from(value));
  const type = (name: string) => add(CLASS, ...text(name));
  return {
    text,
    type,
    string: (value: string) => add(STRING, ...text(value)),
    member: (kind: number, owner: string, name: string, descriptor: string) =>
      add(kind, ...type(owner), ...add(NAME_AND_TYPE, ...text(name), ...text(descriptor))),
    constants: () => [u2(all.length + 1), ...all].map((bytes) => Buffer.from(bytes)),
  };
}
