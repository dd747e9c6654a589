// kfake runs franz-go's own broker, kfake, in a process of its own: `kfake TOPIC:PARTITIONS… [--data FOLDER]`. It prints its
// address when it is ready and ends when its standard input does, so that it never outlives the script that started it.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kfake"
)

func main() {
	options := []kfake.Opt{kfake.NumBrokers(1), kfake.Ports(0)}
	for arguments := os.Args[1:]; len(arguments) > 0; arguments = arguments[1:] {
		if arguments[0] == "--data" && len(arguments) > 1 {
			options = append(options, kfake.DataDir(arguments[1]))
			arguments = arguments[1:]
			continue
		}
		name, count, _ := strings.Cut(arguments[0], ":")
		partitions, err := strconv.Atoi(count)
		if err != nil {
			fmt.Fprintf(os.Stderr, "kfake: %q is no topic: give its name and its partitions, as in ledger:6\n", arguments[0])
			os.Exit(2)
		}
		options = append(options, kfake.SeedTopics(int32(partitions), name))
	}
	cluster, err := kfake.NewCluster(options...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kfake:", err)
		os.Exit(1)
	}
	fmt.Println(cluster.ListenAddrs()[0])
	io.Copy(io.Discard, os.Stdin)
	cluster.Close()
}
