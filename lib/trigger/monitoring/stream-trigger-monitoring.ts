import { type aws_cloudwatch as cloudwatch, Names } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { newAlarm } from './alarm';
import { ALARM_KINDS } from './alarm-kinds';
import type { StreamAlarms } from './alarm-options';
import { checkedProps } from './checked-props';
import { monitor } from './monitored';
import type { StreamTriggerMonitoringProps } from './monitoring-props';
import { mappingOf, sharing } from './watched';
import type { DynamoStreamTrigger } from '../dynamo-stream-trigger';

/**
 * Alarms for triggers: for records that come late, stop coming, are given up or parked, and wait to be brought back.
 *
 * A stream trigger fails by falling behind or by giving records up. The usual alarms of a function don't show that: its errors stay 0 while
 * it reports failed records, and a mapping that is disabled sends no age.
 *
 * It switches on what the alarms need: Lambda's metrics of the mapping (`EVENT_COUNT`), unless the trigger's `metricsConfig` says otherwise,
 * and the metrics of the runtime. CloudWatch charges both as custom metrics: up to six for each mapping, and up to five for each function
 * and table, in the hours in which they have data. It charges each alarm by the metrics that it watches.
 *
 * @example
 *
 * const topic = new sns.Topic(this, 'OnCall');
 *
 * new StreamTriggerMonitoring(this, 'Monitoring', { triggers: [trigger], actions: [new SnsAction(topic)] });
 */
export class StreamTriggerMonitoring extends Construct {
  /** The alarms that were made. */
  readonly alarms: cloudwatch.Alarm[];

  /**
   * Makes the alarms, each under the id of its trigger.
   *
   * @param scope the stack or construct that the alarms are part of
   * @param id the name of the monitoring within the scope
   * @param props at least `triggers`
   */
  constructor(scope: Construct, id: string, props: StreamTriggerMonitoringProps) {
    super(scope, id);
    const { triggers, actions, alarms = {} } = checkedProps(props, this);
    triggers.forEach((trigger) => monitor(mappingOf(trigger)));
    const places = new Map(triggers.map((trigger) => [trigger, this.placeFor(trigger)]));
    this.alarms = Object.entries(ALARM_KINDS).flatMap(([name, kind]) => sharing(triggers, kind.shared).flatMap((watched) => (
      newAlarm(places.get(watched[0])!, capitalized(name), kind, watched, { actions, ...alarms[name as keyof StreamAlarms] }) ?? []
    )));
  }

  /** Under the id of the trigger, so that the names of its alarms begin with that. */
  private placeFor({ node }: DynamoStreamTrigger): Construct {
    const isTaken = RESERVED_IDS.includes(node.id) || this.node.tryFindChild(node.id) !== undefined;
    return new Construct(this, isTaken ? Names.nodeUniqueId(node) : node.id);
  }
}

/** Of what a monitoring makes beside alarms. */
const RESERVED_IDS = ['Dashboard', 'Queries'];

function capitalized(name: string): string {
  return `${name[0].toUpperCase()}${name.slice(1)}`;
}
