import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Everything that DynamoDB Local may do, in the words of Java's policy files: all but to accept connections from other addresses than this one.
 * It has no option for the address that it listens on, so it listens on every network interface.
 */
export function loopbackPolicy(accepted: string): string {
  const permissions = [
    'java.io.FilePermission "<<ALL FILES>>", "read,write,delete,execute,readlink"',
    'java.io.SerializablePermission "*"',
    'java.lang.RuntimePermission "*"',
    'java.lang.management.ManagementPermission "control"',
    'java.lang.management.ManagementPermission "monitor"',
    'java.lang.reflect.ReflectPermission "*"',
    'java.net.NetPermission "*"',
    'java.net.SocketPermission "*:0-", "listen,resolve,connect"',
    `java.net.SocketPermission "${accepted}:0-", "accept"`,
    'java.security.SecurityPermission "*"',
    'java.util.PropertyPermission "*", "read,write"',
    'java.util.logging.LoggingPermission "control"',
    'javax.management.MBeanPermission "*", "*"',
    'javax.management.MBeanServerPermission "*"',
    'javax.management.MBeanTrustPermission "*"',
  ];
  return `grant {\n${permissions.map((permission) => `  permission ${permission};\n`).join('')}};\n`;
}

/** Java's message where it has no policies: from version 24 on. */
export const NO_POLICIES = /Enabling a Security Manager is not supported/;

/**
 * An address of this machine that nobody else connects from, if there is one. Linux has all of 127.0.0.0/8, and every page and program connects
 * from 127.0.0.1, unless it asks for another one.
 */
export async function ownAddress(): Promise<string> {
  const address = ['127', randomInt(1, 255), randomInt(256), randomInt(1, 255)].join('.');
  return await isOfThisMachine(address) ? address : '127.0.0.1';
}

function isOfThisMachine(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(0, address, () => server.close(() => resolve(true)));
  });
}
