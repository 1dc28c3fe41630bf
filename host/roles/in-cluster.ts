/** A node of a cluster: everything comes from the API server, and a controller elsewhere gives out addresses. */

import type { Log } from "../announcer.ts";
import { Client } from "../cluster/api/client.ts";
import { Coexistence } from "../cluster/kubernetes/coexistence/coexistence.ts";
import { closedBy } from "../cluster/kubernetes/coexistence/gate.ts";
import { EventRecorder } from "../cluster/kubernetes/events/events.ts";
import { KubernetesSource } from "../cluster/kubernetes/source.ts";
import { clock } from "./clock.ts";
import { credentialsFor } from "./credentials.ts";
import type { EndpointChoice } from "./endpoints.ts";
import { endpointsInCluster } from "./endpoints-in-cluster.ts";
import { keepSpeakerLease } from "./keep-speaker-lease.ts";
import { reportSpeaker, warnByEvents } from "./report-speaker.ts";
import type { SpeakerOptions, Surroundings } from "./speaker.ts";

export interface ClusterPlace {
  readonly kubeconfig: string | undefined;
  readonly namespace: string;
  readonly node: string;
  readonly podName: string | undefined;
  readonly loadBalancerClass: string | undefined;
  readonly ignoreExcludeLabel: boolean;
  readonly honorCordon: boolean;
  /** Go on beside another load balancer. */
  readonly isTakeover: boolean;
  readonly endpoints: EndpointChoice;
  readonly log: Log;
  /** Ends the wait for a first answer. */
  readonly signal: AbortSignal;
}

/** Rejects where nothing says where the API server is, and who we are; it need not be there. */
export async function inCluster(place: ClusterPlace): Promise<Pick<SpeakerOptions, "surroundings" | "endpoints">> {
  const { namespace, node, podName, loadBalancerClass, ignoreExcludeLabel, honorCordon, isTakeover: takeover, log, signal } = place;
  const credentials = await credentialsFor(place.kubeconfig);
  const { server } = await credentials.access();
  const api = new Client({ credentials, userAgent: "herald-speaker" });
  const events = new EventRecorder({ api, component: "metallb-speaker", host: node, log });
  const subject = { apiVersion: "v1", kind: "Node", name: node };
  const gate = new Coexistence({
    ...({ api, part: "speaker", node, lbClass: loadBalancerClass, takeover, log, clock } as const),
    events: { sink: events, subject },
  });
  let speakers = (): number => 1;
  const surroundings: Surroundings = {
    reads: server,
    isController: false,
    plan: { ignoreExcludeLabel, honorCordon, closed: closedBy(gate), ...(loadBalancerClass === undefined ? {} : { loadBalancerClass }) },
    warn: (store) => warnByEvents(events, store),
    warnOfNode: (reason, message) => events.record({ object: subject, type: "Warning", reason, message }),
    async open(store, translators) {
      const source = await KubernetesSource.open({ api, role: "speaker", namespace, node, translators, log }, store, signal);
      speakers = () => source.speakers();
      // Before there is a plan: beside MetalLB nothing may be announced, not even once.
      await gate.start();
      return source;
    },
    async accompany(speaker) {
      const stopFollowing = gate.onChange(() => speaker.reconciler.replan());
      const pod = podName === undefined ? {} : { podName };
      const stopReporting = reportSpeaker({ api, namespace, node, events, gate, log, ...pod }, speaker);
      // On a connection of its own, so that nothing else can keep a renewal waiting.
      const leaseApi = new Client({ credentials, userAgent: "herald-speaker" });
      const endLease = keepSpeakerLease({ api: leaseApi, namespace, node, ...pod, speakers, log, clock }, speaker);
      return async (why) => {
        await endLease(why);
        stopFollowing();
        gate.close();
        stopReporting();
        events.close();
        api.close();
      };
    },
  };
  return { surroundings, endpoints: endpointsInCluster({ ...place.endpoints, healthAddress: "127.0.0.1" }, api, node, log) };
}
