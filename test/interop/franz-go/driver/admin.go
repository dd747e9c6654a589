package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/twmb/franz-go/pkg/kadm"
)

func createTopic(d *driver, ctx context.Context, r *request) (any, error) {
	var partitions int32
	if err := json.Unmarshal(r.Partitions, &partitions); err != nil {
		return nil, err
	}
	configs := map[string]*string{}
	for name, value := range r.Configs {
		configs[name] = kadm.StringPtr(value)
	}
	_, err := d.admin.CreateTopic(ctx, partitions, -1, configs, r.Topic)
	return nil, err
}

func listTopics(d *driver, ctx context.Context, _ *request) (any, error) {
	topics, err := d.admin.ListTopics(ctx)
	return topics.Names(), err
}

func describeTopic(d *driver, ctx context.Context, r *request) (any, error) {
	topics, err := d.admin.ListTopics(ctx, r.Topic)
	if err != nil {
		return nil, err
	}
	if err := topics[r.Topic].Err; err != nil {
		return nil, err
	}
	partitions := []object{}
	for _, each := range topics[r.Topic].Partitions.Sorted() {
		partitions = append(partitions, object{
			"partition": each.Partition, "leader": each.Leader, "replicas": each.Replicas, "isr": each.ISR,
		})
	}
	return object{"partitions": partitions}, nil
}

func addPartitions(d *driver, ctx context.Context, r *request) (any, error) {
	answers, err := d.admin.UpdatePartitions(ctx, r.Count, r.Topic)
	if err != nil {
		return nil, err
	}
	return nil, answers.Error()
}

func describeConfigs(d *driver, ctx context.Context, r *request) (any, error) {
	resources, err := d.admin.DescribeTopicConfigs(ctx, r.Topic)
	if err != nil {
		return nil, err
	}
	resource, err := resources.On(r.Topic, nil)
	if err != nil {
		return nil, err
	}
	described := map[string]*string{}
	for _, config := range resource.Configs {
		described[config.Key] = config.Value
	}
	return described, resource.Err
}

func alterConfig(d *driver, ctx context.Context, r *request) (any, error) {
	change := kadm.AlterConfig{Op: kadm.SetConfig, Name: r.Name, Value: &r.Value}
	answers, err := d.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{change}, r.Topic)
	if err != nil {
		return nil, err
	}
	answer, err := answers.On(r.Topic, nil)
	return nil, errors.Join(err, answer.Err)
}

func deleteTopic(d *driver, ctx context.Context, r *request) (any, error) {
	_, err := d.admin.DeleteTopic(ctx, r.Topic)
	return nil, err
}

func describeCluster(d *driver, ctx context.Context, _ *request) (any, error) {
	described, err := d.admin.BrokerMetadata(ctx)
	brokers := []object{}
	for _, each := range described.Brokers {
		brokers = append(brokers, object{"id": each.NodeID, "host": each.Host, "port": each.Port})
	}
	return object{"clusterId": described.Cluster, "controller": described.Controller, "brokers": brokers}, err
}

func listGroups(d *driver, ctx context.Context, _ *request) (any, error) {
	groups, err := d.admin.ListGroups(ctx)
	return groups.Groups(), err
}

func describeGroup(d *driver, ctx context.Context, r *request) (any, error) {
	groups, err := d.admin.DescribeGroups(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	described := groups[r.Group]
	return object{"state": described.State, "protocol": described.Protocol, "members": len(described.Members)}, described.Err
}

func groupOffsets(d *driver, ctx context.Context, r *request) (any, error) {
	offsets, err := d.admin.FetchOffsets(ctx, r.Group)
	committed := map[int32]int64{}
	for partition, offset := range offsets[r.Topic] {
		if offset.At >= 0 {
			committed[partition] = offset.At
		}
	}
	return committed, err
}

func alterGroupOffsets(d *driver, ctx context.Context, r *request) (any, error) {
	offsets := kadm.Offsets{}
	for partition, at := range r.Offsets {
		offsets.AddOffset(r.Topic, partition, at, -1)
	}
	answers, err := d.admin.CommitOffsets(ctx, r.Group, offsets)
	return nil, errors.Join(err, answers.Error())
}

func deleteGroupOffsets(d *driver, ctx context.Context, r *request) (any, error) {
	var partitions []int32
	if err := json.Unmarshal(r.Partitions, &partitions); err != nil {
		return nil, err
	}
	places := kadm.TopicsSet{}
	places.Add(r.Topic, partitions...)
	answers, err := d.admin.DeleteOffsets(ctx, r.Group, places)
	return nil, errors.Join(err, answers.Error())
}

func deleteGroup(d *driver, ctx context.Context, r *request) (any, error) {
	_, err := d.admin.DeleteGroup(ctx, r.Group)
	return nil, err
}

func deleteRecords(d *driver, ctx context.Context, r *request) (any, error) {
	offsets := kadm.Offsets{}
	offsets.AddOffset(r.Topic, r.Partition, r.Before, -1)
	answers, err := d.admin.DeleteRecords(ctx, offsets)
	return nil, errors.Join(err, answers.Error())
}

func listOffset(d *driver, ctx context.Context, r *request) (any, error) {
	if at, isTime := r.At.(float64); isTime {
		found, err := d.admin.ListOffsetsAfterMilli(ctx, int64(at), r.Topic)
		return theOnly(r, found, err)
	}
	if r.At == "earliest" {
		found, err := d.admin.ListStartOffsets(ctx, r.Topic)
		return theOnly(r, found, err)
	}
	found, err := d.admin.ListEndOffsets(ctx, r.Topic)
	return theOnly(r, found, err)
}

func offsetOfMaxTimestamp(d *driver, ctx context.Context, r *request) (any, error) {
	found, err := d.admin.ListMaxTimestampOffsets(ctx, r.Topic)
	return theOnly(r, found, err)
}

func theOnly(r *request, found kadm.ListedOffsets, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	offset, _ := found.Lookup(r.Topic, r.Partition)
	return offset.Offset, offset.Err
}
