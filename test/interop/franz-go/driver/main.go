package main

import (
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func main() {
	client, _ := kgo.NewClient()
	kadm.NewClient(client)
}
