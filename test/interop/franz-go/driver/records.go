package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

// Records that name a partition go there, the others where franz-go sends them by itself.
type partitioner struct{ own kgo.Partitioner }

type topicPartitioner struct{ own kgo.TopicPartitioner }

func (p partitioner) ForTopic(topic string) kgo.TopicPartitioner {
	return topicPartitioner{p.own.ForTopic(topic)}
}

func (p topicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Context.Value(named{}) != nil || p.own.RequiresConsistency(r)
}

func (p topicPartitioner) Partition(r *kgo.Record, count int) int {
	if partition, isNamed := r.Context.Value(named{}).(int32); isNamed {
		return int(partition)
	}
	return p.own.Partition(r, count)
}

type named struct{}

func produce(d *driver, ctx context.Context, r *request) (any, error) {
	acks := map[int]kgo.Acks{0: kgo.NoAck(), 1: kgo.LeaderAck(), -1: kgo.AllISRAcks()}[r.Acks]
	options := append(d.common(), kgo.RequiredAcks(acks), kgo.ProducerBatchCompression(codecs[r.Codec]),
		kgo.RecordPartitioner(partitioner{kgo.StickyKeyPartitioner(nil)}), kgo.ProducerLinger(20*time.Millisecond))
	if !r.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	records := []*kgo.Record{}
	for _, each := range r.Records {
		wanted := &kgo.Record{Topic: r.Topic, Key: each.Key, Value: each.Value, Timestamp: time.UnixMilli(each.Timestamp)}
		for _, pair := range each.Headers {
			header, err := decodedHeader(pair)
			if err != nil {
				return nil, err
			}
			wanted.Headers = append(wanted.Headers, header)
		}
		wanted.Context = ctx
		if each.Partition != nil {
			wanted.Context = context.WithValue(ctx, named{}, *each.Partition)
		}
		records = append(records, wanted)
	}
	if err := client.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return nil, err
	}
	written := []place{}
	for _, each := range records {
		if r.Acks != 0 {
			written = append(written, place{each.Partition, each.Offset})
		}
	}
	return written, nil
}

func decodedHeader(pair header) (kgo.RecordHeader, error) {
	name, _ := pair[0].(string)
	text, isText := pair[1].(string)
	if !isText {
		return kgo.RecordHeader{Key: name}, nil
	}
	value, err := base64.StdEncoding.DecodeString(text)
	return kgo.RecordHeader{Key: name, Value: value}, err
}

func read(d *driver, ctx context.Context, r *request) (any, error) {
	from := map[string]map[int32]kgo.Offset{r.Topic: {r.Partition: kgo.NewOffset().At(r.From)}}
	client, err := kgo.NewClient(append(d.common(), kgo.ConsumePartitions(from))...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	records := []record{}
	for len(records) < r.Count {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("%d of %d records came: %w", len(records), r.Count, err)
		}
		for _, each := range fetches.Records() {
			records = append(records, described(each))
		}
	}
	return records[:r.Count], nil
}

func described(r *kgo.Record) record {
	headers := []header{}
	for _, each := range r.Headers {
		headers = append(headers, header{each.Key, each.Value})
	}
	return record{&r.Partition, r.Offset, r.Timestamp.UnixMilli(), r.Key, r.Value, headers}
}

// A member is a consumer that polls by itself and notes what comes.
type member struct {
	client   *kgo.Client
	mutex    sync.Mutex
	owned    map[int32]bool
	received [][2]int64
	calls    [][2]any
	failure  any
	ended    chan struct{}
}

var balancers = map[string]kgo.GroupBalancer{
	"roundrobin":         kgo.RoundRobinBalancer(),
	"cooperative-sticky": kgo.CooperativeStickyBalancer(),
}

func join(d *driver, _ context.Context, r *request) (any, error) {
	m := &member{owned: map[int32]bool{}, received: [][2]int64{}, calls: [][2]any{}, ended: make(chan struct{})}
	note := func(what string, owns bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			m.mutex.Lock()
			defer m.mutex.Unlock()
			m.calls = append(m.calls, [2]any{what, append([]int32{}, changed[r.Topic]...)})
			for _, partition := range changed[r.Topic] {
				m.owned[partition] = owns
			}
		}
	}
	options := append(d.common(),
		kgo.ConsumerGroup(r.Group), kgo.ConsumeTopics(r.Topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.SessionTimeout(6*time.Second),
		kgo.HeartbeatInterval(200*time.Millisecond), kgo.FetchMaxWait(100*time.Millisecond),
		kgo.OnPartitionsAssigned(note("assigned", true)), kgo.OnPartitionsRevoked(note("revoked", false)),
		kgo.OnPartitionsLost(note("lost", false)))
	if balancer, isNamed := balancers[r.Strategy]; isNamed {
		options = append(options, kgo.Balancers(balancer))
	}
	if r.InstanceID != "" {
		options = append(options, kgo.InstanceID(r.InstanceID))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	m.client = client
	d.members[r.Member] = m
	go m.poll()
	return nil, nil
}

func (m *member) poll() {
	defer close(m.ended)
	for {
		fetches := m.client.PollFetches(context.Background())
		if fetches.IsClientClosed() {
			return
		}
		m.mutex.Lock()
		if err := fetches.Err(); err != nil {
			m.failure = err.Error()
		}
		for _, each := range fetches.Records() {
			m.received = append(m.received, [2]int64{int64(each.Partition), each.Offset})
		}
		m.mutex.Unlock()
	}
}

func state(d *driver, _ context.Context, r *request) (any, error) {
	m := d.members[r.Member]
	m.mutex.Lock()
	defer m.mutex.Unlock()
	partitions := []int32{}
	for partition, owns := range m.owned {
		if owns {
			partitions = append(partitions, partition)
		}
	}
	return object{"partitions": partitions, "received": append([][2]int64{}, m.received...)}, nil
}

func life(d *driver, _ context.Context, r *request) (any, error) {
	m := d.members[r.Member]
	m.mutex.Lock()
	defer m.mutex.Unlock()
	_, generation := m.client.GroupMetadata()
	return object{"generation": generation, "calls": append([][2]any{}, m.calls...), "failure": m.failure}, nil
}

func commit(d *driver, ctx context.Context, r *request) (any, error) {
	offsets := map[int32]kgo.EpochOffset{}
	for partition, at := range r.Offsets {
		offsets[partition] = kgo.EpochOffset{Epoch: -1, Offset: at}
	}
	var failure error
	note := func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse, err error) {
		failure = err
		for _, topic := range answer.Topics {
			for _, partition := range topic.Partitions {
				failure = errors.Join(failure, kerr.ErrorForCode(partition.ErrorCode))
			}
		}
	}
	d.members[r.Member].client.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{r.Topic: offsets}, note)
	return nil, failure
}

func leave(d *driver, _ context.Context, r *request) (any, error) {
	m := d.members[r.Member]
	delete(d.members, r.Member)
	m.client.Close()
	<-m.ended
	return nil, nil
}
