import { aws_cloudwatch as cloudwatch, Names } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { newAlarm } from './alarm';
import { ALARM_KINDS } from './alarm-kinds';
import type { StreamAlarms } from './alarm-options';
import { checkedProps } from './checked-props';
import { monitor } from './monitored';
import type { StreamTriggerMonitoringProps } from './monitoring-props';
import { addQueries } from './queries';
import { mappingOf, sharing } from './watched';
import { widgetsOf } from './widgets';
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
 * const topic = new sns.Topic(this, 'OnCall');
 *
 * new StreamTriggerMonitoring(this, 'Monitoring', { triggers: [trigger], actions: [new SnsAction(topic)] });
 */
export class StreamTriggerMonitoring extends Construct {
  /** What was made of `alarms`, with what fits the triggers. For example to add what happens when one goes off again. */
  readonly alarms: cloudwatch.Alarm[];
  private readonly triggers: DynamoStreamTrigger[];
  private readonly thresholds = new Map<DynamoStreamTrigger, { [alarm: string]: number }>();
  private ownDashboard?: cloudwatch.Dashboard;

  /**
   * Makes the alarms, and saves queries of the log for triggers whose functions have the runtime.
   *
   * @param scope the stack or construct that the monitoring is part of
   * @param id the name of the monitoring within the scope
   * @param props at least `triggers`
   */
  constructor(scope: Construct, id: string, props: StreamTriggerMonitoringProps) {
    super(scope, id);
    const { triggers, actions, alarms = {} } = checkedProps(props, this);
    this.triggers = triggers;
    triggers.forEach((trigger) => monitor(mappingOf(trigger)));
    // In an order that does not depend on the list: what triggers share is in the place of the first, and must not move with the list.
    const ordered = [...triggers].sort((one, other) => one.node.path < other.node.path ? -1 : 1);
    const places = new Map(ordered.map((trigger) => [trigger, this.placeFor(trigger)]));
    this.alarms = Object.entries(ALARM_KINDS).flatMap(([name, kind]) => sharing(ordered, kind.shared).flatMap((watched) => {
      const alarm = newAlarm(places.get(watched[0])!, capitalized(name), kind, watched, { actions, ...alarms[name as keyof StreamAlarms] });
      watched.forEach((trigger) => this.note(trigger, name, alarm));
      return alarm ?? [];
    }));
    const measured = ordered.filter(({ _isMeasured: isMeasured }) => isMeasured);
    if (measured.length > 0) {
      addQueries(this, measured);
    }
  }

  /**
   * Graphs of each trigger with the thresholds of its alarms, for a dashboard of your own: in rows of the full width.
   *
   * @example
   * const orders = new StreamTriggerMonitoring(this, 'Orders', { triggers: [trigger] });
   *
   * new cloudwatch.Dashboard(this, 'Shop', { widgets: [[new cloudwatch.TextWidget({ markdown: '# Shop' })], orders.widgets()] });
   */
  widgets(): cloudwatch.IWidget[] {
    const count = Math.ceil(this.alarms.length / MOST_ALARMS);
    const parts = Array.from({ length: count }, (_, part) => this.alarms.slice(part * MOST_ALARMS, (part + 1) * MOST_ALARMS));
    return [
      ...parts.map((alarms) => new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms, width: 24 })),
      ...this.triggers.flatMap((trigger) => widgetsOf(trigger, this.thresholds.get(trigger) ?? {})),
    ];
  }

  /**
   * A dashboard of all triggers, made at the first call. CloudWatch charges it by the month.
   *
   * @param props for example its name
   */
  dashboard(props: cloudwatch.DashboardProps = {}): cloudwatch.Dashboard {
    this.ownDashboard ??= new cloudwatch.Dashboard(this, 'Dashboard', { ...props, widgets: [...props.widgets ?? [], this.widgets()] });
    return this.ownDashboard;
  }

  /** Of an alarm whose settings change later, the threshold that it will have. */
  private note(trigger: DynamoStreamTrigger, name: string, alarm: cloudwatch.Alarm | undefined): void {
    const threshold = (alarm?.node.defaultChild as cloudwatch.CfnAlarm | undefined)?.threshold;
    if (threshold !== undefined) {
      this.thresholds.set(trigger, { ...this.thresholds.get(trigger), [name]: threshold });
    }
  }

  /** Under the id of the trigger, so that the names of its alarms begin with that. */
  private placeFor({ node }: DynamoStreamTrigger): Construct {
    const isTaken = RESERVED_IDS.includes(node.id) || this.node.tryFindChild(node.id) !== undefined;
    return new Construct(this, isTaken ? Names.nodeUniqueId(node) : node.id);
  }
}

/** Of one widget. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const MOST_ALARMS = 100;

/** Of what a monitoring makes beside alarms. */
const RESERVED_IDS = ['Dashboard', 'Queries'];

function capitalized(name: string): string {
  return `${name[0].toUpperCase()}${name.slice(1)}`;
}
