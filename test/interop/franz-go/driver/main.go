// Stock franz-go, driven by lines: `driver BOOTSTRAP`. See ../../driver.ts.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

const limit = 20 * time.Second

// A request: the fields of every operation. Bytes are base64 in JSON, and a null slice is null.
type request struct {
	ID         int               `json:"id"`
	Op         string            `json:"op"`
	Topic      string            `json:"topic"`
	Group      string            `json:"group"`
	Member     string            `json:"member"`
	Strategy   string            `json:"strategy"`
	InstanceID string            `json:"instanceId"`
	Name       string            `json:"name"`
	Value      string            `json:"value"`
	Partition  int32             `json:"partition"`
	Count      int               `json:"count"`
	From       int64             `json:"from"`
	Before     int64             `json:"before"`
	At         any               `json:"at"`
	Codec      string            `json:"codec"`
	Acks       int               `json:"acks"`
	Idempotent bool              `json:"idempotent"`
	Configs    map[string]string `json:"configs"`
	Offsets    map[int32]int64   `json:"offsets"`
	Records    []record          `json:"records"`
	// A number of partitions, or a list of them.
	Partitions json.RawMessage `json:"partitions"`
}

// A header is a pair of name and value.
type header [2]any

type record struct {
	Partition *int32   `json:"partition"`
	Offset    int64    `json:"offset"`
	Timestamp int64    `json:"timestamp"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []header `json:"headers"`
}

type place struct {
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`
}

type object map[string]any

type driver struct {
	bootstrap string
	security  []kgo.Opt
	client    *kgo.Client
	admin     *kadm.Client
	members   map[string]*member
}

func main() {
	security, err := securityOptions()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d := &driver{bootstrap: os.Args[1], security: security, members: map[string]*member{}}
	client, err := kgo.NewClient(d.common()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d.client, d.admin = client, kadm.NewClient(client)
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		answer, _ := json.Marshal(d.outcome(&r))
		fmt.Println(string(answer))
	}
}

func (d *driver) common() []kgo.Opt {
	options := []kgo.Opt{kgo.SeedBrokers(d.bootstrap), kgo.ClientID("interop-franz-go"), kgo.MetadataMinAge(100 * time.Millisecond)}
	return append(options, d.security...)
}

type security struct {
	CA       string `json:"ca"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// How the driver shows who it is, if it has to.
func securityOptions() ([]kgo.Opt, error) {
	wanted := os.Getenv("INTEROP_SECURITY")
	if wanted == "" {
		return nil, nil
	}
	var s security
	if err := json.Unmarshal([]byte(wanted), &s); err != nil {
		return nil, err
	}
	certificate, err := os.ReadFile(s.CA)
	if err != nil {
		return nil, err
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(certificate)
	login := scram.Auth{User: s.Username, Pass: s.Password}.AsSha512Mechanism()
	return []kgo.Opt{kgo.DialTLSConfig(&tls.Config{RootCAs: trusted}), kgo.SASL(login)}, nil
}

func (d *driver) outcome(r *request) object {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	operation, known := operations[r.Op]
	if !known {
		return object{"id": r.ID, "missing": true}
	}
	result, err := operation(d, ctx, r)
	if err == nil {
		return object{"id": r.ID, "result": result}
	}
	failure := object{"code": nil, "message": err.Error()}
	// What is no error of the protocol is one of the client.
	var refused *kerr.Error
	if errors.As(err, &refused) {
		failure["code"] = refused.Code
	}
	return object{"id": r.ID, "error": failure}
}

type operation func(d *driver, ctx context.Context, r *request) (any, error)

var operations = map[string]operation{
	"createTopic":          createTopic,
	"listTopics":           listTopics,
	"describeTopic":        describeTopic,
	"addPartitions":        addPartitions,
	"describeConfigs":      describeConfigs,
	"alterConfig":          alterConfig,
	"deleteTopic":          deleteTopic,
	"describeCluster":      describeCluster,
	"listGroups":           listGroups,
	"describeGroup":        describeGroup,
	"groupOffsets":         groupOffsets,
	"alterGroupOffsets":    alterGroupOffsets,
	"deleteGroupOffsets":   deleteGroupOffsets,
	"deleteGroup":          deleteGroup,
	"deleteRecords":        deleteRecords,
	"listOffset":           listOffset,
	"offsetOfMaxTimestamp": offsetOfMaxTimestamp,
	"produce":              produce,
	"read":                 read,
	"join":                 join,
	"state":                state,
	"life":                 life,
	"commit":               commit,
	"leave":                leave,
}
